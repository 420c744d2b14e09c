using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Hosts;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Gateways;

/// <summary>The steps of a gateway's life after it was invited.</summary>
internal static class GatewayLifeCommands
{
    public static IEnumerable<Command> All(CliContext cli) => [Drain(cli), Resume(cli), Remove(cli)];

    private static CliCommand Drain(CliContext cli)
    {
        var gateway = Gateway();
        var reason = Reason();
        var window = new Option<string?>("--window") { Description = "Over how long its connections are ended. Default: 60s.", HelpName = "DURATION" };
        var command = new CliCommand("drain",
            "Lets a gateway take no connection any more and ends those it has, spread over a window: agents come back another way. `hanse gateway resume` ends it.",
            "hanse gateway drain door", "hanse gateway drain door --window 5m --reason \"new kernel\"") { gateway, window, reason };
        command.SetAction(async (parsed, cancellation) =>
        {
            var body = new JsonObject { ["window"] = parsed.GetValue(window), ["reason"] = parsed.GetValue(reason) };
            return await SendAsync(parsed, cli, parsed.GetRequiredValue(gateway), "drain", body.WithoutNulls(), "drains", cancellation);
        });
        return command;
    }

    private static CliCommand Resume(CliContext cli)
    {
        var gateway = Gateway();
        var command = new CliCommand("resume", "Ends a drain: the gateway takes connections again.", "hanse gateway resume door") { gateway };
        command.SetAction((parsed, cancellation) => SendAsync(parsed, cli, parsed.GetRequiredValue(gateway), "resume", null, "resumed", cancellation));
        return command;
    }

    private static CliCommand Remove(CliContext cli)
    {
        var gateway = Gateway();
        var reason = Reason();
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var command = new CliCommand("remove", "Takes a gateway out for good: its key is revoked, and a join string that was not used is void.",
            "hanse gateway remove door --reason \"machine retired\"") { gateway, reason, yes };
        command.SetAction((parsed, cancellation) =>
        {
            var name = parsed.GetRequiredValue(gateway);
            HostQuestion.Ask(cli, parsed.GetValue(yes), $"Remove the gateway {name} for good?");
            return SendAsync(parsed, cli, name, "remove", new JsonObject { ["reason"] = parsed.GetValue(reason) }, "removed", cancellation);
        });
        return command;
    }

    private static async Task<int> SendAsync(
        ParseResult parsed, CliContext cli, string name, string verb, JsonObject? body, string done, CancellationToken cancellation)
    {
        using var api = ApiSession.Open(parsed, cli);
        await api.SendAsync(HttpMethod.Post, $"/gateways/{Uri.EscapeDataString(name)}/{verb}", body, cancellation);
        return CliOutput.Outcome(parsed, cli, "gateway", name, done);
    }

    private static Argument<string> Gateway() => new("GATEWAY") { Description = "Name or id." };

    private static Option<string> Reason() => new("--reason") { Description = "Why; it goes into the audit log.", DefaultValueFactory = _ => "", HelpName = "TEXT" };
}
