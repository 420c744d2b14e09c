using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Hanse.Coordinator.Tests.Api;

/// <summary>Every endpoint says who may call it; one that may be called by anyone says so, too.</summary>
public sealed class PolicyTests
{
    [Fact]
    public async Task Every_endpoint_declares_a_policy()
    {
        await using var host = await ApiHost.StartAsync();
        Assert.Empty(Undeclared(host));
    }

    [Fact]
    public async Task A_planted_endpoint_without_policy_is_named()
    {
        await using var host = await ApiHost.StartAsync(api =>
        {
            api.MapGet("/planted", () => "no policy");
            api.MapGet("/planted-vague", () => "any account").RequireAuthorization();
        });
        Assert.Equal(["GET /api/v1/planted", "GET /api/v1/planted-vague"], Undeclared(host));
    }

    internal static IEnumerable<string> Undeclared(ApiHost host) => host.Services.GetServices<EndpointDataSource>()
        .SelectMany(source => source.Endpoints)
        .OfType<RouteEndpoint>()
        .Where(endpoint => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
            && endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().All(data => data.Policy is null))
        .Select(endpoint => $"{endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0]} {endpoint.RoutePattern.RawText}")
        .Order(StringComparer.Ordinal);
}
