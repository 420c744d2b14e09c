using System.Globalization;
using Hanse.Protocol.Text;

namespace Hanse.Server.Cli.Output;

/// <summary>A moment on the command line: an instant, or how long ago it was.</summary>
internal static class TimeArgument
{
    /// <summary>As the API takes it; null for null.</summary>
    /// <exception cref="CliException">It is neither.</exception>
    public static string? Read(string? text, CliContext cli, string flag)
    {
        if (text is null)
        {
            return null;
        }

        var at = DurationText.TryParse(text, out var ago) ? cli.Clock.GetUtcNow() - ago
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) ? instant
            : throw new CliException(ExitCodes.Usage, $"{flag} {text} is neither an instant nor a duration.", "Such as 2030-01-31, 2030-01-31T12:00Z, or 24h for a day ago.");
        return at.UtcDateTime.ToString("o", CultureInfo.InvariantCulture);
    }
}
