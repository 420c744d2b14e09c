using Hanse.Audit;
using System.Globalization;
using Hanse.Coordinator.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Microsoft.AspNetCore.Http.HttpResults;
using PageCursor = Hanse.Coordinator.Api.Cursor;

namespace Hanse.Coordinator.Audit;

/// <summary>The query string of GET /audit.</summary>
internal sealed record AuditFilter(
    string? Cursor, int? Limit, string? Actor, string? Operation, string? Site, string? Command, DateTimeOffset? From, DateTimeOffset? To)
{
    /// <summary>Null with the problem to answer, when a value cannot be read.</summary>
    public AuditQuery? ToQuery(out ProblemHttpResult? problem)
    {
        problem = null;
        (int, long)? after = null;
        if (Cursor is not null)
        {
            if (!PageCursor.TryDecode(Cursor, 2, out var key) || !int.TryParse(key[0], CultureInfo.InvariantCulture, out var log)
                || !long.TryParse(key[1], CultureInfo.InvariantCulture, out var seq))
            {
                problem = Problems.Invalid(ErrorCodes.CursorInvalid, "cursor", "The cursor is not one that this list gave. Start again without it.");
                return null;
            }

            after = (log, seq);
        }

        var (site, command) = (default(SiteId), default(CommandId));
        if ((Site is not null && !SiteId.TryParse(Site, out site)) || (Command is not null && !CommandId.TryParse(Command, out command)))
        {
            var field = Site is not null && site == default ? "site" : "command";
            problem = Problems.Invalid(ErrorCodes.RequestInvalid, field, $"{field} must be an id: 32 hexadecimal digits.");
            return null;
        }

        return new()
        {
            Limit = PageCursor.Limit(Limit),
            After = after,
            Actor = Actor,
            Operation = Operation,
            Site = Site is null ? null : site.Value,
            Command = Command is null ? null : command.Value,
            From = From,
            To = To,
        };
    }
}
