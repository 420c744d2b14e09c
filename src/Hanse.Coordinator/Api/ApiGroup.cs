using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Coordinator.Api;

/// <summary>The group that every slice maps its endpoints on. It declares no policy: each endpoint says itself who may call
/// it (<c>RequireAuthorization(AccessPolicies.Viewer)</c>), and a test names the ones that do not.</summary>
public static class ApiGroup
{
    public const string Prefix = "/api/v1";

    /// <summary>Bytes of a request body unless an endpoint says otherwise; beyond it the answer is 413.</summary>
    public const int BodyLimit = 1024 * 1024;

    public static RouteGroupBuilder MapApi(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGroup(Prefix).WithMetadata(new RequestSizeLimitAttribute(BodyLimit));
}
