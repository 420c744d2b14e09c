using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hanse.Server.Cli.Connection;

/// <summary>The federation's roots, for verbs that judge something without asking a server.</summary>
internal static class KnownRoots
{
    public static Option<string?> Option(string forWhat = "") =>
        new("--roots") { Description = $"The federation's root certificates in PEM{forWhat}. Default: those of the profile.", HelpName = "FILE" };

    /// <summary>Those of the file, or of the profile; empty where there is neither.</summary>
    public static IReadOnlyCollection<X509Certificate2> Read(ParseResult parsed, CliContext cli, string? file)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            foreach (var pem in file is not null ? [File.ReadAllText(file)] : ProfileFile.Read(cli.ProfilePath(parsed.GetValue(GlobalOptions.Profile)))?.Roots ?? [])
            {
                roots.ImportFromPem(pem);
            }
        }
        catch (CryptographicException broken)
        {
            throw new CliException(ExitCodes.Usage, $"the root certificates cannot be read: {broken.Message}");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Usage, $"the file {file} cannot be read: {unreadable.Message}");
        }

        return file is null || roots.Count > 0
            ? [.. roots]
            : throw new CliException(ExitCodes.Usage, $"the file {file} holds no certificate.", "It has to be PEM: -----BEGIN CERTIFICATE-----");
    }
}
