using System.CommandLine;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;

namespace Hanse.Server.Cli.Connection;

/// <summary>From flags, variables and the profile to a client. The address of a flag or variable replaces the profile's; a token is
/// sent only to the address it was given for.</summary>
internal static class ApiSession
{
    public static ApiClient Open(ParseResult parsed, CliContext cli)
    {
        var path = cli.ProfilePath(parsed.GetValue(GlobalOptions.Profile));
        var named = parsed.GetValue(GlobalOptions.Address) ?? cli.Variables.GetValueOrDefault("HANSE_ADDRESS");
        if (named is not null && ApiAddress.Parse(named) is { SocketPath: { } socket })
        {
            return new(ApiTransport.OverSocket(socket), $"unix:{socket}", cli.Clock);
        }

        var profile = ProfileFile.Read(path)
            ?? throw new CliException(ExitCodes.Denied, $"there is no profile at {path}, so it is not known which server to ask.",
                "Log in first: hanse login https://host:port. On the server itself: --address unix:/path/to/coordinator.sock.");
        if (named is not null && named != profile.Address)
        {
            throw new CliException(ExitCodes.Denied, $"the profile {path} is for {profile.Address}, not for {named}.",
                $"Log in there with a profile of its own: hanse login {named} --profile FILE");
        }

        return Open(profile, cli, path);
    }

    /// <param name="profile">Whom to ask and as whom.</param>
    /// <param name="cli">For remarks.</param>
    /// <param name="path">Where the profile is kept; null where it is not kept yet.</param>
    public static ApiClient Open(Profile profile, CliContext cli, string? path = null)
    {
        var address = ApiAddress.Parse(profile.Address);
        if (address.SocketPath is { } socket)
        {
            return new(ApiTransport.OverSocket(socket), address.ToString(), cli.Clock);
        }

        var http = profile.SystemTrust
            ? ApiTransport.BySystem(address.Https!, profile.ServerName.Length > 0 ? profile.ServerName : address.Https!.Host)
            : ByRoots(profile, address, cli, path);
        if (profile.Token.Length > 0)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", profile.Token);
        }

        return new(http, address.ToString(), cli.Clock);
    }

    private static HttpClient ByRoots(Profile profile, ApiAddress address, CliContext cli, string? path)
    {
        var roots = new X509Certificate2Collection();
        foreach (var root in profile.Roots)
        {
            roots.ImportFromPem(root);
        }

        return ApiTransport.OverTls(address.Https!, profile.ServerName.Length > 0 ? profile.ServerName : address.Https!.Host, roots,
            found => Keep(profile, found, cli, path));
    }

    private static void Keep(Profile profile, IReadOnlyList<X509Certificate2> found, CliContext cli, string? path)
    {
        profile.Roots = [.. found.Select(r => r.ExportCertificatePem())];
        if (path is null)
        {
            return;
        }

        try
        {
            ProfileFile.Write(path, profile);
            cli.Error.WriteLine("The federation has a new root; the old one vouches for it. The profile now trusts the new one.");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            cli.Error.WriteLine($"The federation has a new root, but the profile {path} cannot be written: {refused.Message}");
        }
    }
}
