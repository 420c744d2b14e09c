using System.Globalization;

namespace Hanse.Server.Cli.Output;

/// <summary>One line on standard error that shows a person at a terminal how far long work has come, and is gone when it is over. With nobody there nothing is
/// written.</summary>
internal sealed class ProgressBar(CliContext cli, string what) : IDisposable
{
    private const int Cells = 30;
    private const string Erase = "\r\u001b[2K";
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);
    private long _drawn;
    private bool _shown;

    /// <summary>Draws it anew, ten times a second at the most.</summary>
    /// <param name="done">Hosts, bytes, entries.</param>
    /// <param name="total">Null where it is not known.</param>
    /// <param name="unit">What is counted.</param>
    /// <param name="more">Anything to add.</param>
    public void Show(long done, long? total, string unit, string more = "")
    {
        if (!cli.IsInteractive || (_shown && cli.Clock.GetElapsedTime(_drawn) < Pace && done != total))
        {
            return;
        }

        (_shown, _drawn) = (true, cli.Clock.GetTimestamp());
        cli.Error.Write(Erase + Line(done, total, unit, more));
        cli.Error.Flush();
    }

    /// <summary>Out of the way of other lines.</summary>
    public void Hide()
    {
        if (_shown)
        {
            _shown = false;
            cli.Error.Write(Erase);
            cli.Error.Flush();
        }
    }

    public void Dispose() => Hide();

    private string Line(long done, long? total, string unit, string more)
    {
        var tail = more.Length > 0 ? $", {more}" : "";
        if (total is not > 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{what}: {done:N0} {unit}{tail}");
        }

        var full = (int)(Math.Clamp(done, 0, total.Value) * Cells / total.Value);
        return string.Create(CultureInfo.InvariantCulture, $"{what} [{new string('#', full)}{new string('.', Cells - full)}] {done:N0}/{total:N0} {unit}{tail}");
    }
}
