using System.Text;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Runs;

/// <summary>Copies an execution's output as it grows. Where the site cannot be asked, the excerpts that the command holds are printed at
/// the end instead; nothing is printed twice.</summary>
internal sealed class OutputReader(ApiClient api, CliContext cli, string path)
{
    private readonly OutputTail _stdout = new("stdout", cli.Out);
    private readonly OutputTail _stderr = new("stderr", cli.Error);

    public async Task CopyAsync(CancellationToken cancellation)
    {
        await CopyAsync(_stdout, cancellation);
        await CopyAsync(_stderr, cancellation);
    }

    /// <summary>The execution has ended: prints what is missing.</summary>
    public void Finish(JsonObject execution)
    {
        FromExcerpt(_stdout, execution);
        FromExcerpt(_stderr, execution);
    }

    private async Task CopyAsync(OutputTail tail, CancellationToken cancellation)
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
                    return;
                }
            }
        }
        catch (CliException refused) when (refused.ExitCode is ExitCodes.Unreachable or ExitCodes.ServerError or ExitCodes.NotFound)
        {
            // The site is away or holds no output (yet): the outcome brings its excerpts.
            return;
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
