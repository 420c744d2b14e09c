using System.Text;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Runs;

/// <summary>Copies an execution's output as it grows. Where the site cannot be asked, the excerpts that the command holds are printed at
/// the end instead; nothing is printed twice.</summary>
internal sealed class OutputReader(ApiClient api, CliContext cli, string path)
{
    private static readonly TimeSpan BetweenAsks = TimeSpan.FromMilliseconds(250);

    /// <summary>How long nothing more may come of what an ended execution still owes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly OutputTail _stdout = new("stdout", cli.Out);
    private readonly OutputTail _stderr = new("stderr", cli.Error);

    /// <summary>False where the site cannot be asked.</summary>
    public async Task<bool> CopyAsync(CancellationToken cancellation) => await CopyAsync(_stdout, cancellation) & await CopyAsync(_stderr, cancellation);

    /// <summary>The execution has ended: waits for what is still on its way from the host to its site, for as long as it comes, and prints what is missing.</summary>
    public async Task FinishAsync(JsonObject execution, CancellationToken cancellation)
    {
        var (printed, since) = (_stdout.Offset + _stderr.Offset, cli.Clock.GetTimestamp());
        while (await CopyAsync(cancellation) && !(_stdout.Complete && _stderr.Complete) && cli.Clock.GetElapsedTime(since) < Patience)
        {
            if (_stdout.Offset + _stderr.Offset is var now && now > printed)
            {
                (printed, since) = (now, cli.Clock.GetTimestamp());
            }

            await Task.Delay(BetweenAsks, cli.Clock, cancellation);
        }

        FromExcerpt(_stdout, execution);
        FromExcerpt(_stderr, execution);
    }

    private async Task<bool> CopyAsync(OutputTail tail, CancellationToken cancellation)
    {
        try
        {
            while (!tail.Complete)
            {
                var piece = await api.GetAsync($"{path}?stream={tail.Name}&offset={tail.Offset}", cancellation);
                var data = Convert.FromBase64String(piece.Text("data"));
                tail.Write(data);
                tail.Complete = piece.Text("complete") == "true" && (data.Length == 0 || piece.Text("length") == piece.Text("nextOffset"));
                if (data.Length == 0)
                {
                    break;
                }
            }

            return true;
        }
        catch (CliException refused) when (refused.ExitCode is ExitCodes.Unreachable or ExitCodes.ServerError or ExitCodes.NotFound)
        {
            // The site is away or holds no output (yet): the outcome brings its excerpts.
            return false;
        }
    }

    private static void FromExcerpt(OutputTail tail, JsonObject execution)
    {
        var text = Encoding.UTF8.GetBytes(execution.Text(tail.Name));
        var isWhole = execution.Text($"{tail.Name}Length") is var length && (length.Length == 0 || length == text.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (!tail.Complete && tail.Offset < text.Length && (isWhole || tail.Offset == 0))
        {
            tail.Write(text[(int)tail.Offset..]);
        }
    }
}
