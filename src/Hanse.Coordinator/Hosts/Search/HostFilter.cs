using Hanse.Coordinator.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Hanse.Coordinator.Hosts.Search;

/// <summary>The query string of <c>GET /hosts</c>; all that is given must hold.</summary>
internal sealed record HostFilter
{
    private const int LongestText = 256;

    /// <summary>Part of a hostname, an id or its beginning, or an address.</summary>
    [FromQuery(Name = "q")]
    public string? Q { get; init; }

    /// <summary>Name or id of a site.</summary>
    [FromQuery(Name = "site")]
    public string? Site { get; init; }

    /// <summary>An address, a network (10.1.0.0/16), or how an address begins (10.1.).</summary>
    [FromQuery(Name = "address")]
    public string? Address { get; init; }

    /// <summary>May be given several times.</summary>
    [FromQuery(Name = "tag")]
    public string[]? Tag { get; init; }

    /// <summary>Part of the operating system or its family.</summary>
    [FromQuery(Name = "os")]
    public string? Os { get; init; }

    /// <summary>online, offline, quarantined or banned.</summary>
    [FromQuery(Name = "status")]
    public string? Status { get; init; }

    [FromQuery(Name = "limit")]
    public int? Limit { get; init; }

    [FromQuery(Name = "cursor")]
    public string? After { get; init; }

    /// <summary>bounded (the default; ends at 1,000) or exact.</summary>
    [FromQuery(Name = "count")]
    public string? Count { get; init; }

    /// <summary>The query, or the problem with it.</summary>
    public HostQuery? ToQuery(out ProblemHttpResult? problem)
    {
        HostCursor? after = null;
        AddressPattern? address = null;
        HostStatus status = default;
        problem =
            TextProblem("q", Q) ?? TextProblem("site", Site) ?? TextProblem("os", Os)
            ?? (HostText.TagsProblem(Tag ?? []) is { } tags ? Problems.Invalid(ErrorCodes.RequestInvalid, "tag", $"tag {tags}.") : null)
            ?? (string.IsNullOrEmpty(Address) || (Address.Length <= LongestText && AddressPattern.TryParse(Address, out address)) ? null : Problems.Invalid(
                ErrorCodes.RequestInvalid, "address", "address is neither an address, nor a network such as 10.1.0.0/16, nor the beginning of one such as 10.1."))
            ?? (string.IsNullOrEmpty(Status) || TryStatus(Status, out status) ? null : Problems.Invalid(
                ErrorCodes.RequestInvalid, "status", "status is one of online, offline, quarantined, banned."))
            ?? (Count is null or "bounded" or "exact" ? null : Problems.Invalid(ErrorCodes.RequestInvalid, "count", "count is bounded or exact."))
            ?? (string.IsNullOrEmpty(After) || HostCursor.TryParse(After, out after) ? null : Problems.Invalid(
                ErrorCodes.CursorInvalid, "cursor", "cursor is not one that a page of hosts gave. Start again without it."));
        return problem is not null ? null : new()
        {
            Text = Q?.Trim(),
            Site = string.IsNullOrEmpty(Site) ? null : Site,
            Address = address,
            Tags = Tag ?? [],
            Os = Os?.Trim(),
            Status = string.IsNullOrEmpty(Status) ? null : status,
            Limit = Cursor.Limit(Limit),
            After = after,
            ExactCount = Count == "exact",
        };
    }

    private static bool TryStatus(string text, out HostStatus status) =>
        Enum.TryParse(text, ignoreCase: true, out status) && Enum.IsDefined(status) && status != HostStatus.Unspecified && char.IsAsciiLetter(text[0]);

    private static ProblemHttpResult? TextProblem(string field, string? text) =>
        text is not null && HostText.Problem(text, LongestText) is { } problem ? Problems.Invalid(ErrorCodes.RequestInvalid, field, $"{field} {problem}.") : null;
}
