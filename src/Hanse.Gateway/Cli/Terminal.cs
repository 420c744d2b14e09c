namespace Hanse.Gateway.Cli;

/// <summary>Where a verb reads and writes; a seam for tests.</summary>
internal sealed record Terminal(TextReader In, TextWriter Out, TextWriter Error, bool IsInteractive)
{
    internal static Terminal Real() => new(Console.In, Console.Out, Console.Error, !Console.IsInputRedirected);

    /// <summary>What happened, why, and what to do.</summary>
    internal int Fail(int code, string text)
    {
        Error.WriteLine($"hanse-gateway: {text}");
        return code;
    }
}
