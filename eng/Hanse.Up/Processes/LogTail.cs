namespace Hanse.Up.Processes;

/// <summary>The end of a log, for a message about the process that wrote it.</summary>
internal static class LogTail
{
    private const int Lines = 15;

    public static string Of(string log) => File.Exists(log)
        ? $" The end of {log}:\n  {string.Join("\n  ", File.ReadLines(log).TakeLast(Lines))}"
        : $" It wrote no log ({log}).";
}
