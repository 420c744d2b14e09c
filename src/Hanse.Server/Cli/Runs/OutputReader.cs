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

    /// <summary>The execution has ended: what its excerpts do not hold and is still on its way from the host to its site is waited for, as long as it comes;
    /// then what is missing is printed.</summary>
    public async Task FinishAsync(JsonObject execution, CancellationToken cancellation)
    {
        var (printed, since) = (_stdout.Offset + _stderr.Offset, cli.Clock.GetTimestamp());
        while (await CopyAsync(cancellation) && (IsOwed(_stdout, execution) || IsOwed(_stderr, execution)) && cli.Clock.GetElapsedTime(since) < Patience)
        {
            if (_stdout.Offset + _stderr.Offset is var now && now > printed)
            {
                (printed, since) = (now, cli.Clock.GetTimestamp());
            }

            await Task.Delay(BetweenAsks, cli.Clock, cancellation);
        }

        foreach (var tail in new[] { _stdout, _stderr })
        {
            FromExcerpt(tail, execution);
            if (IsOwed(tail, execution))
            {
                await cli.Error.WriteLineAsync(
                    $"{Field.Clean(execution.Text("host"))}: {tail.Name} has {execution.Text($"{tail.Name}Length")} bytes, and not all of them could be read from its site.");
            }
        }
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

    private static bool IsOwed(OutputTail tail, JsonObject execution) => !tail.Complete && !IsWhole(tail, execution, Encoding.UTF8.GetBytes(execution.Text(tail.Name)));

    private static bool IsWhole(OutputTail tail, JsonObject execution, byte[] excerpt) =>
        execution.Text($"{tail.Name}Length") is var length && (length.Length == 0 || length == excerpt.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static void FromExcerpt(OutputTail tail, JsonObject execution)
    {
        var text = Encoding.UTF8.GetBytes(execution.Text(tail.Name));
        if (!tail.Complete && tail.Offset < text.Length && (IsWhole(tail, execution, text) || tail.Offset == 0))
        {
            tail.Write(text[(int)tail.Offset..]);
        }
    }
}
