using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Servers;

namespace Hanse.Server.Cli.Sites;

/// <summary>The site that runs on this machine, asked through its own socket (J6): by <c>--address</c>, or by its data folder.</summary>
internal static class SiteSocket
{
    public static ApiClient Open(ParseResult parsed, CliContext cli, ServerFlags flags)
    {
        var address = parsed.GetValue(GlobalOptions.Address) ?? $"unix:{Path.Combine(flags.LoadOrFail(parsed, cli).DataDir, "site.sock")}";
        return ApiAddress.Parse(address).SocketPath is { } socket
            ? new ApiClient(ApiTransport.OverSocket(socket), address, cli.Clock)
            : throw new CliException(ExitCodes.Usage, "a site takes this through its own socket only.",
                "Run this on the site's machine, with --data-dir or --address unix:/path/to/site.sock.");
    }
}
