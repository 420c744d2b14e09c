using Hanse.Gateway.Control;

namespace Hanse.Gateway.Cli;

/// <summary><c>hanse-gateway status</c>: what the data folder says. Whether the link is up and what is counted, <c>hanse gateway show</c> says.</summary>
internal static class StatusVerb
{
    internal static int Run(GatewayArguments arguments, Terminal terminal)
    {
        var folder = new GatewayFolder(arguments.Data);
        if (GatewayIdentity.Open(folder) is not { } identity)
        {
            return terminal.Fail(ExitCode.NotJoined, $"{folder.Root} belongs to no federation. Run hanse-gateway join --data {folder.Root}, or name its folder with --data.");
        }

        var routes = CurrentRoutes.Open(folder.Routes, identity.Id, identity.Trust, out var fault);
        (string Name, string? Value)[] rows =
        [
            ("data", folder.Root),
            ("gateway", $"{identity.Name} ({identity.Id})"),
            ("federation", identity.Credential.Value.Identity.Federation.ToString()),
            ("coordinator", $"{identity.ServerName} at {string.Join(", ", identity.Addresses)}"),
            ("certificate ends", identity.Credential.Value.NotAfter.ToString("u")),
            ("snapshot", fault?.Message ?? (routes.Value is { } held ? $"{held.IncarnationNumber}/{held.Number}, {held.Routes.Count} routes" : "none yet")),
            ("draining", routes.Drain is { } window ? $"yes, over {window}" : "no"),
            .. (routes.Value?.Routes ?? []).Select(r => ("route", (string?)$"{r.Name}: {string.Join(' ', r.ServerNames)} -> {string.Join(' ', r.Addresses)}")),
        ];
        foreach (var (name, value) in rows)
        {
            terminal.Out.WriteLine($"{name,-17} {value}");
        }

        return ExitCode.Done;
    }
}
