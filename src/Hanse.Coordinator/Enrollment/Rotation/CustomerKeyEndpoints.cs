using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Protocol.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Coordinator.Enrollment.Rotation;

/// <summary>The customer key's rotation (J3) over HTTP.</summary>
internal static class CustomerKeyEndpoints
{
    private static readonly TimeSpan DefaultOverlap = TimeSpan.FromDays(7);
    private static readonly TimeSpan LongestOverlap = TimeSpan.FromDays(365);

    public static void MapCustomerKey(this RouteGroupBuilder api)
    {
        api.MapGet("/trust/customer-key", ShowAsync).WithTags("Trust").WithName("GetCustomerKey")
            .WithSummary("Since when the customer key is in use, and which sites hold it").RequireAuthorization(AccessPolicies.Viewer);
        api.MapPost("/trust/customer-key/rotate", RotateAsync).WithTags("Trust").WithName("RotateCustomerKey")
            .WithSummary("A new customer key; the old one stays valid for the overlap").RequireAuthorization(AccessPolicies.Administrator);
    }

    private static async Task<Ok<CustomerKeyView>> ShowAsync(CustomerKeyDesk desk, CancellationToken cancellation) =>
        TypedResults.Ok(await desk.ReadAsync(cancellation));

    private static async Task<Results<Ok<CustomerKeyView>, ProblemHttpResult>> RotateAsync(
        CustomerKeyRequest request, ActorContext actor, CustomerKeyDesk desk, CancellationToken cancellation)
    {
        var overlap = request.Overlap ?? DefaultOverlap;
        return overlap < TimeSpan.Zero || overlap > LongestOverlap
            ? Problems.Invalid(ErrorCodes.RequestInvalid, "overlap", "overlap is how long the old key stays valid: 0s to 365d.")
            : await desk.RotateAsync(overlap, actor, cancellation) is { } problem ? problem : TypedResults.Ok(await desk.ReadAsync(cancellation));
    }
}

/// <summary>Body of POST /trust/customer-key/rotate.</summary>
internal sealed record CustomerKeyRequest(TimeSpan? Overlap = null);
