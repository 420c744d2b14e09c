namespace Hanse.Server.Cli.Connection;

/// <summary>Where the API is: an HTTPS address or a Unix socket.</summary>
internal sealed record ApiAddress(Uri? Https, string? SocketPath)
{
    public const int DefaultPort = 7443;

    public static ApiAddress Parse(string text)
    {
        if (text.StartsWith("unix:", StringComparison.Ordinal) && text.Length > 5)
        {
            return new(null, Path.GetFullPath(text[5..]));
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps && uri.AbsolutePath == "/" && uri.Host.Length > 0
            && uri.UserInfo.Length == 0
            ? new(uri, null)
            : throw new CliException(ExitCodes.Usage, $"\"{text}\" is not an address of a server.",
                "Write https://host:port, or unix:/path/to/coordinator.sock.");
    }

    public override string ToString() => SocketPath is { } path ? $"unix:{path}" : Https!.GetLeftPart(UriPartial.Authority);
}
