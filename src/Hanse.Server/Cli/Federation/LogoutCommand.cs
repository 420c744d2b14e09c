using System.CommandLine;
using Hanse.Server.Cli.Connection;

namespace Hanse.Server.Cli.Federation;

/// <summary><c>hanse logout</c>: ends the session at the server, then forgets its token. The roots are kept, so the next login asks for nothing but the password.</summary>
internal static class LogoutCommand
{
    public static Command Build(CliContext cli)
    {
        var command = new CliCommand("logout", "Ends the profile's session. The server is still known: the next login asks for the password alone.",
            "hanse logout", "hanse logout --profile ~/other.yaml");
        command.SetAction(async (parsed, cancellation) =>
        {
            var path = cli.ProfilePath(parsed.GetValue(GlobalOptions.Profile));
            if (ProfileFile.Read(path) is not { Token.Length: > 0 } profile)
            {
                throw new CliException(ExitCodes.Denied, $"nobody is logged in by the profile {path}.");
            }

            using (var api = ApiSession.Open(profile, cli))
            {
                await EndAsync(api, cancellation);
            }

            profile.Token = "";
            ProfileFile.Write(path, profile);
            await cli.Out.WriteLineAsync($"Logged out of {profile.Address}.");
            return ExitCodes.Ok;
        });
        return command;
    }

    // A session that has ended by itself is what was wanted; a server that does not answer is not.
    private static async Task EndAsync(ApiClient api, CancellationToken cancellation)
    {
        try
        {
            await api.SendAsync(HttpMethod.Delete, "/session", null, cancellation);
        }
        catch (CliException ended) when (ended.ExitCode == ExitCodes.Denied)
        {
        }
    }
}
