using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Hosts;

internal static class HostRefreshCommand
{
    public static Command Build(CliContext cli)
    {
        var host = new Argument<string>("HOST") { Description = "Hostname or id." };
        var sections = new Option<string[]>("--section") { Description = "A section to tell, as host show names them; may be repeated. Without it: all.", HelpName = "NAME" };
        var command = new CliCommand("refresh", "Has a host collect its inventory now and tell it in full, whatever it holds to be unchanged.",
            "hanse host refresh web-1", "hanse host refresh web-1 --section packages --section updates") { host, sections };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var name = parsed.GetRequiredValue(host);
            var query = string.Join('&', (parsed.GetValue(sections) ?? []).Select(s => $"section={Uri.EscapeDataString(s)}"));
            await api.SendAsync(HttpMethod.Post, $"/hosts/{Uri.EscapeDataString(name)}/refresh?{query}", null, cancellation);
            return CliOutput.Outcome(parsed, cli, "host", name, "telling its inventory");
        });
        return command;
    }
}
