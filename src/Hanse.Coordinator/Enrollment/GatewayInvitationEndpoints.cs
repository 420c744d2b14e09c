using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Gateways.Api;
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

/// <summary>Join strings for gateways (J1). Each is audited before it is given out (invariant 6).</summary>
internal static class GatewayInvitationEndpoints
{
    private const int MaxAddresses = 8;

    public static void MapGatewayInvitations(this RouteGroupBuilder api) =>
        api.MapPost("/gateways/invitations", InviteAsync).WithTags("Gateways").WithName("InviteGateway")
            .WithSummary("Make a pending gateway and its join string, shown this once").RequireAuthorization(AccessPolicies.Administrator);

    private static async Task<Results<Ok<GatewayInvitation>, ProblemHttpResult>> InviteAsync(
        GatewayInvitationRequest request, ActorContext caller, ISites sites, InvitationDesk desk, CancellationToken cancellation)
    {
        var name = request.Name?.Trim() ?? "";
        if (!NameText.IsValid(name) || GatewayId.TryParse(name, out _))
        {
            return Problems.Invalid(ErrorCodes.NameInvalid, "name", $"This is not a gateway's name: {NameText.Rule}; and it may not be an id.");
        }

        var addresses = request.Addresses ?? [];
        if (addresses.Count > MaxAddresses || Wrong(addresses) is not null)
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "addresses", $"A gateway has at most {MaxAddresses} addresses. Write each as host:port, or [v6]:port.");
        }

        var all = await sites.ListAsync(cancellation);
        SiteRow? Find(string site) => all.FirstOrDefault(s => s.Name.Equals(site, StringComparison.OrdinalIgnoreCase) || s.SiteId.ToString() == site);
        var standbys = request.Standbys ?? new Dictionary<string, IReadOnlyList<string>>();
        if ((request.Sites ?? []).Concat(standbys.Keys).FirstOrDefault(s => Find(s) is null) is { } unknown)
        {
            return Problems.NotFound(ErrorCodes.SiteNotFound, $"There is no site '{InvitationEndpoints.Short(unknown)}'. `hanse site list` shows them.", "sites");
        }

        if (standbys.Values.Any(a => a.Count > MaxAddresses || Wrong(a) is not null))
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "standbys", $"A site has at most {MaxAddresses} standby addresses. Write each as host:port, or [v6]:port.");
        }

        if (InvitationEndpoints.Life(request.Ttl, out var life) is { } wrong)
        {
            return wrong;
        }

        var gateway = new NewGateway(
            GatewayId.New(), name, addresses, request.Sites is { Count: > 0 } named ? [.. named.Select(s => Find(s)!.SiteId).Distinct()] : null,
            request.Console ?? true, request.Pseudonyms ?? false, standbys.GroupBy(s => Find(s.Key)!.SiteId).ToDictionary(s => s.Key, s => s.First().Value));
        return await desk.InviteGatewayAsync(gateway, life, caller, cancellation) is { } invitation
            ? TypedResults.Ok(invitation)
            : Problems.Conflict(ErrorCodes.NameTaken, $"Another gateway is called '{name}'. Choose another name, or remove that gateway.", "name");
    }

    private static string? Wrong(IReadOnlyList<string> addresses) => addresses.FirstOrDefault(a => !NodeAddress.TryParse(a, out _));
}

/// <summary>Body of POST /gateways/invitations.</summary>
internal sealed record GatewayInvitationRequest(
    string? Name, IReadOnlyList<string>? Addresses = null, IReadOnlyList<string>? Sites = null, bool? Console = null, bool? Pseudonyms = null,
    IReadOnlyDictionary<string, IReadOnlyList<string>>? Standbys = null, TimeSpan? Ttl = null);

/// <summary>A join string, the command that takes it, and until when it is valid.</summary>
internal sealed record GatewayInvitation(InvitedGateway Gateway, string JoinString, string Command, DateTimeOffset ExpiresAt);

/// <summary>The gateway an invitation is for.</summary>
internal sealed record InvitedGateway(GatewayId Id, string Name, string Status);
