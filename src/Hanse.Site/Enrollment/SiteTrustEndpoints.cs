using Hanse.Protocol.Errors;
using Hanse.Site.Api;
using Hanse.Trust.Keys;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Site.Enrollment;

/// <summary>What this site trusts, in the coordinator's words.</summary>
internal static class SiteTrustEndpoints
{
    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/trust", Show);

    private static IResult Show(SiteIdentity identity)
    {
        if (identity.Keys is not { } keys)
        {
            return SiteEndpoints.Problem(409, ErrorCodes.SiteNotEnrolled, "This site has not joined a federation yet. `hanse site join` does that.");
        }

        var trust = keys.Trust.Value;
        var list = trust.Revocations;
        return Results.Ok(new
        {
            generation = trust.Generation, incarnationNumber = trust.IncarnationNumber,
            roots = trust.Roots.Select((r, i) => new
            {
                pin = SpkiHash.Of(r).ToString(), issues = i == 0, notBefore = r.NotBefore.ToUniversalTime(), notAfter = r.NotAfter.ToUniversalTime(),
            }),
            issuingRoot = trust.RootOf(keys.Issuer.Value.Intermediate) is { } root ? SpkiHash.Of(root).ToString() : null,
            intermediateExpires = keys.Issuer.Value.NotAfter, certificateExpires = keys.Server.Value.NotAfter, renewalError = identity.RenewalError,
            revocations = new
            {
                incarnationNumber = list.IncarnationNumber, number = list.Number, issued = list.Signed is null ? (DateTimeOffset?)null : list.Issued,
                sites = list.Sites.Count, hosts = list.Hosts.Count, keys = list.Keys.Count,
            },
        });
    }
}
