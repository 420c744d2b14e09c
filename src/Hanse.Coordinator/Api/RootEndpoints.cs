using Hanse.Protocol.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace Hanse.Coordinator.Api;

/// <summary>What lies outside the API: health, the OpenAPI document and a plain page where the console will be.</summary>
public static class RootEndpoints
{
    private const string Page =
        """
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Hanse</title>
        <style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}</style></head>
        <body>
        <h1>Hanse</h1>
        <p>This coordinator is running. The web console is another piece of work and is not part of this version.</p>
        <ul>
        <li>On the command line: <code>hanse login</code>, then <code>hanse --help</code>.</li>
        <li>For programs: the HTTP API under <code>/api/v1</code>, described by <a href="/openapi/v1.json">/openapi/v1.json</a>.</li>
        <li>Health: <a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a>.</li>
        </ul>
        </body>
        </html>
        """;

    /// <summary>Open to everyone: they tell nothing that a closed port would not.</summary>
    public static void MapRoot(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapOpenApiDocument();
        endpoints.MapGet("/", () => TypedResults.Content(Page, "text/html; charset=utf-8")).AllowAnonymous().ExcludeFromDescription();
        endpoints.MapGet("/healthz", () => TypedResults.Ok(new HealthView("ok"))).AllowAnonymous().WithTags("Health").WithName("GetHealth")
            .WithSummary("The process serves requests");
        endpoints.MapGet("/readyz", ReadyAsync).AllowAnonymous().WithTags("Health").WithName("GetReadiness").WithSummary("The database answers, too; red while a node cannot renew its certificate");
    }

    private static async Task<Results<Ok<HealthView>, ProblemHttpResult>> ReadyAsync(
        NpgsqlDataSource database, Enrollment.Api.ITrustHealth trust, CancellationToken cancellation)
    {
        try
        {
            await using var command = database.CreateCommand("select 1");
            command.CommandTimeout = 2;
            await command.ExecuteScalarAsync(cancellation);
            // It serves, so it stays in its balancer; a monitor sees that somebody cannot renew, long before anything ends.
            return TypedResults.Ok(new HealthView((await trust.TroublesAsync(cancellation)).Count == 0 ? "ready" : "red"));
        }
        catch (NpgsqlException)
        {
            return Problems.Unavailable(ErrorCodes.DatabaseUnavailable, "The database is not answering.");
        }
    }
}
