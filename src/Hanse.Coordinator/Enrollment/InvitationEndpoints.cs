using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Text;
using Hanse.Trust.Dialing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Coordinator.Enrollment;

/// <summary>Join strings for sites and agents (J1). Each is audited before it is given out (invariant 6).</summary>
internal static class InvitationEndpoints
{
    private const int MaxLocation = 200;
    private const int DefaultPort = 7443;
    private static readonly TimeSpan DefaultSync = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestSync = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestSync = TimeSpan.FromHours(1);
    private static readonly TimeSpan DefaultLife = TimeSpan.FromHours(24);
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(365);

    public static void MapInvitations(this RouteGroupBuilder api)
    {
        api.MapPost("/sites/invitations", InviteSiteAsync).WithTags("Sites").WithName("InviteSite")
            .WithSummary("Make a pending site and its join string, shown this once").RequireAuthorization(AccessPolicies.Administrator);
        api.MapPost("/sites/{site}/invitation", RegenerateAsync).WithTags("Sites").WithName("RegenerateSiteInvitation")
            .WithSummary("A new join string for a pending site; the old one is void").RequireAuthorization(AccessPolicies.Administrator);
        api.MapPost("/sites/{site}/cancel", CancelAsync).WithTags("Sites").WithName("CancelSiteInvitation")
            .WithSummary("Take the invitation of a pending site back").RequireAuthorization(AccessPolicies.Administrator);
        api.MapPost("/agents/invitations", InviteAgentAsync).WithTags("Hosts").WithName("InviteAgent")
            .WithSummary("The join string with which agents join a site").RequireAuthorization(AccessPolicies.Administrator);
    }

    private static async Task<Results<Ok<Invitation>, ProblemHttpResult>> InviteSiteAsync(
        SiteInvitationRequest request, ActorContext caller, InvitationDesk desk, CancellationToken cancellation)
    {
        var name = request.Name?.Trim() ?? "";
        if (!NameText.IsValid(name) || SiteId.TryParse(name, out _))
        {
            return Problems.Invalid(ErrorCodes.NameInvalid, "name", $"This is not a site's name: {NameText.Rule}; and it may not be an id.");
        }

        var externalNames = (request.ExternalNames ?? []).Select(n => n.Trim().ToLowerInvariant()).Distinct().ToList();
        var addresses = request.Addresses is { Count: > 0 } given ? given.ToList() : [.. externalNames.Select(n => $"{n}:{DefaultPort}")];
        if (addresses.FirstOrDefault(a => !NodeAddress.TryParse(a, out _)) is { } bad)
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "addresses", $"'{Short(bad)}' is not an address. Write host:port, or [v6]:port.");
        }

        if (!SiteNames.TryCreate(externalNames, addresses, out _, out var why))
        {
            return Problems.Invalid(ErrorCodes.NameInvalid, "externalNames", why);
        }

        if (request.Location is { } location && (location.Length > MaxLocation || location.Any(char.IsControl)))
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "location", $"A location has at most {MaxLocation} characters on one line.");
        }

        if (request.Latitude is < -90 or > 90 || request.Longitude is < -180 or > 180)
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "latitude", "Latitude lies between -90 and 90, longitude between -180 and 180.");
        }

        if (Life(request.Ttl, out var life) is { } wrong)
        {
            return wrong;
        }

        var sync = request.SyncInterval ?? DefaultSync;
        if (sync < ShortestSync || sync > LongestSync)
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "syncInterval", "syncInterval lies between 1s and 1h.");
        }

        var site = new NewSite(SiteId.New(), name, externalNames, addresses, request.Location, request.Latitude, request.Longitude, sync);
        return await desk.InviteSiteAsync(site, life, caller, cancellation) is { } invitation
            ? TypedResults.Ok(invitation)
            : Problems.Conflict(ErrorCodes.NameTaken, $"Another site is called '{name}'. Choose another name, or remove that site.", "name");
    }

    private static async Task<Results<Ok<Invitation>, ProblemHttpResult>> RegenerateAsync(
        string site, RegenerateRequest request, ActorContext caller, ISites sites, InvitationDesk desk, CancellationToken cancellation)
    {
        if (Life(request.Ttl, out var life) is { } wrong)
        {
            return wrong;
        }

        return await sites.FindAsync(site, cancellation) is not { } row ? Unknown(site)
            : await desk.RegenerateAsync(row, life, caller, cancellation) is { } invitation ? TypedResults.Ok(invitation)
            : NotPending(row, "has joined already, so it needs no join string");
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> CancelAsync(
        string site, ActorContext caller, ISites sites, InvitationDesk desk, CancellationToken cancellation) =>
        await sites.FindAsync(site, cancellation) is not { } row ? Unknown(site)
            : await desk.CancelAsync(row, caller, cancellation) ? TypedResults.NoContent()
            : NotPending(row, "has joined already. `hanse site remove` takes it out");

    private static ProblemHttpResult Unknown(string site) =>
        Problems.NotFound(ErrorCodes.SiteNotFound, $"There is no site '{Short(site)}'. `hanse site list` shows them.", "site");

    private static ProblemHttpResult NotPending(SiteRow site, string why) =>
        Problems.Conflict(ErrorCodes.SiteNotPending, $"{site.Name} {why}.", "site");

    private static async Task<Results<Ok<Invitation>, ProblemHttpResult>> InviteAgentAsync(
        AgentInvitationRequest request, ActorContext caller, ISites sites, InvitationDesk desk, CancellationToken cancellation)
    {
        var all = (await sites.ListAsync(cancellation)).Where(s => s.Lifecycle == SiteLifecycle.Enrolled).ToList();
        var site = request.Site is null && all.Count == 1 ? all[0] : all.FirstOrDefault(s =>
            s.Name.Equals(request.Site, StringComparison.OrdinalIgnoreCase) || s.SiteId.ToString() == request.Site);
        if (site is null)
        {
            var names = all.Count == 0 ? "There is none yet: hanse site invite makes one." : $"Sites: {string.Join(", ", all.Take(20).Select(s => s.Name))}.";
            return request.Site is null
                ? Problems.Invalid(ErrorCodes.RequestInvalid, "site", $"Name the site that the agents are to join. {names}")
                : Problems.NotFound(ErrorCodes.SiteNotFound, $"There is no enrolled site '{Short(request.Site)}'. {names}", "site");
        }

        return Life(request.Ttl, out var life) is { } wrong ? wrong : TypedResults.Ok(await desk.InviteAgentAsync(site, life, request.SystemTrust, caller, cancellation));
    }

    internal static ProblemHttpResult? Life(TimeSpan? asked, out TimeSpan life)
    {
        life = asked ?? DefaultLife;
        return life <= TimeSpan.Zero || life > LongestLife
            ? Problems.Invalid(ErrorCodes.RequestInvalid, "ttl", "ttl is how long the join string is valid: more than 0, at most 365d.")
            : null;
    }

    internal static string Short(string text) => new([.. text.Where(c => !char.IsControl(c)).Take(80)]);
}

/// <summary>Body of POST /sites/invitations.</summary>
internal sealed record SiteInvitationRequest(
    string? Name, IReadOnlyList<string>? ExternalNames, IReadOnlyList<string>? Addresses = null, string? Location = null,
    double? Latitude = null, double? Longitude = null, TimeSpan? Ttl = null, TimeSpan? SyncInterval = null);

/// <summary>Body of POST /sites/{site}/invitation.</summary>
internal sealed record RegenerateRequest(TimeSpan? Ttl = null);

/// <summary>Body of POST /agents/invitations.</summary>
/// <param name="Site">Name or id; may be left out where there is one.</param>
/// <param name="Ttl">How long it is good.</param>
/// <param name="SystemTrust">Without pins: the machine's own trust store judges the site's certificate (T8).</param>
internal sealed record AgentInvitationRequest(string? Site, TimeSpan? Ttl = null, bool SystemTrust = false);

/// <summary>A join string, the command that takes it, and until when it is valid.</summary>
internal sealed record Invitation(InvitedSite Site, string JoinString, string Command, DateTimeOffset ExpiresAt);

/// <summary>The site an invitation is for.</summary>
internal sealed record InvitedSite(SiteId Id, string Name, string Status);
