using System.Globalization;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;

namespace Hanse.Audit;

/// <summary>The query string of GET /audit and GET /audit/export, as text.</summary>
public sealed record AuditFilter(
    string? Cursor, int? Limit, string? Actor, string? Operation, string? Site, string? Host, string? Command, DateTimeOffset? From, DateTimeOffset? To)
{
    private const int DefaultLimit = 100;
    private const int LargestLimit = 1000;

    /// <summary>True if anything narrows the list down.</summary>
    public bool Narrows => (Actor ?? Operation ?? Site ?? Host ?? Command) is not null || From is not null || To is not null;

    /// <summary>Null with what to answer, when a value cannot be read.</summary>
    public AuditQuery? ToQuery(out AuditFilterFault? fault)
    {
        fault = null;
        (int, long)? after = null;
        if (Cursor is not null)
        {
            var parts = Cursor.Split('.');
            if (parts.Length != 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var log)
                || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var seq))
            {
                fault = new(ErrorCodes.CursorInvalid, "cursor", "The cursor is not one that this list gave. Start again without it.");
                return null;
            }

            after = (log, seq);
        }

        var (site, host, command) = (default(SiteId), default(HostId), default(CommandId));
        var wrong = Site is not null && !SiteId.TryParse(Site, out site) ? "site"
            : Host is not null && !HostId.TryParse(Host, out host) ? "host"
            : Command is not null && !CommandId.TryParse(Command, out command) ? "command" : null;
        if (wrong is not null)
        {
            fault = new(ErrorCodes.RequestInvalid, wrong, $"{wrong} must be an id: 32 hexadecimal digits.");
            return null;
        }

        return new()
        {
            Limit = Math.Clamp(Limit ?? DefaultLimit, 1, LargestLimit),
            After = after,
            Actor = Actor,
            Operation = Operation,
            Site = Site is null ? null : site.Value,
            Host = Host is null ? null : host.Value,
            Command = Command is null ? null : command.Value,
            From = From,
            To = To,
        };
    }

    /// <summary>The place after this entry.</summary>
    public static string CursorOf(int log, long seq) => string.Create(CultureInfo.InvariantCulture, $"{log}.{seq}");
}

/// <summary>What is wrong with a filter.</summary>
public sealed record AuditFilterFault(string Code, string Field, string Message);
