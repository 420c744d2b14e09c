using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Hanse.Site.Api;

/// <summary>A site's health, for a balancer or a monitor: the one thing beside links that it serves on the network, open to everyone, for it tells nothing that a closed port
/// would not.</summary>
internal static class SiteHealthEndpoints
{
    private const int MostSeconds = 2;

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/healthz", () => Results.Ok(new { status = "ok" }));
        endpoints.MapGet("/readyz", ReadyAsync);
    }

    /// <summary>A database that does not answer is a 503 of <see cref="SiteFaults"/>.</summary>
    private static async Task<IResult> ReadyAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select 1");
        command.CommandTimeout = MostSeconds;
        await command.ExecuteScalarAsync(cancellation);
        return Results.Ok(new { status = "ready" });
    }
}
