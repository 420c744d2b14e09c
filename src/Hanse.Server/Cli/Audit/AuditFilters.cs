using System.CommandLine;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Audit;

/// <summary>Which entries: the flags that listing and exporting share.</summary>
internal sealed class AuditFilters
{
    private readonly Option<string?> _site = new("--site") { Description = "Name or id of a site.", HelpName = "SITE" };
    private readonly Option<string?> _host = new("--host") { Description = "Name or id of a host.", HelpName = "HOST" };
    private readonly Option<string?> _actor = new("--actor") { Description = "Who did it.", HelpName = "NAME" };
    private readonly Option<string?> _operation = new("--operation") { Description = "Such as host.ban, or all of a kind: command.", HelpName = "OPERATION" };
    private readonly Option<string?> _since = new("--since") { Description = "Not before: an instant, or how long ago, such as 24h.", HelpName = "TIME" };
    private readonly Option<string?> _until = new("--until") { Description = "Before: an instant, or how long ago.", HelpName = "TIME" };

    public void AddTo(Command command)
    {
        foreach (var option in new[] { _site, _host, _actor, _operation, _since, _until })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>As a query string with its question mark; empty without filters. Names are looked up.</summary>
    public async Task<string> QueryAsync(ParseResult parsed, CliContext cli, ApiClient api, CancellationToken cancellation)
    {
        var parts = new List<(string Name, string? Value)>
        {
            ("site", await IdAsync(api, "sites", parsed.GetValue(_site), cancellation)), ("host", await IdAsync(api, "hosts", parsed.GetValue(_host), cancellation)),
            ("actor", parsed.GetValue(_actor)), ("operation", parsed.GetValue(_operation)),
            ("from", TimeArgument.Read(parsed.GetValue(_since), cli, "--since")), ("to", TimeArgument.Read(parsed.GetValue(_until), cli, "--until")),
        };
        var query = parts.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}").ToList();
        return query.Count > 0 ? "?" + string.Join('&', query) : "";
    }

    private static async Task<string?> IdAsync(ApiClient api, string list, string? idOrName, CancellationToken cancellation) =>
        idOrName is null || (idOrName.Length == 32 && idOrName.All(char.IsAsciiHexDigit)) ? idOrName
            : (await api.GetAsync($"/{list}/{Uri.EscapeDataString(idOrName)}", cancellation)).Text("id");
}
