using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Commands.Reading;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Coordinator.Commands;

/// <summary>Commands over HTTP: giving, watching, cancelling.</summary>
internal static class CommandEndpoints
{
    /// <summary>Bytes of POST /commands: 100,000 host ids and a script of full length.</summary>
    private const int BodyLimit = 8 * 1024 * 1024;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    public static void MapCommands(this RouteGroupBuilder api)
    {
        var commands = api.MapGroup("/commands").WithTags("Commands");
        commands.MapPost("", IssueAsync).WithName("IssueCommand").WithSummary("Run a script on hosts")
            .WithMetadata(new RequestSizeLimitAttribute(BodyLimit)).RequireAuthorization(AccessPolicies.Administrator);
        commands.MapGet("", ListAsync).WithName("ListCommands").WithSummary("Commands, newest first").RequireAuthorization(AccessPolicies.Viewer);
        commands.MapGet("/{id}", GetAsync).WithName("GetCommand").WithSummary("One command; ?wait=30s waits until it has ended, with ?since= until it has changed")
            .RequireAuthorization(AccessPolicies.Viewer);
        commands.MapGet("/{id}/executions", ExecutionsAsync).WithName("ListExecutions").WithSummary("Its executions, page by page")
            .RequireAuthorization(AccessPolicies.Viewer);
        commands.MapPost("/{id}/cancel", CancelAsync).WithName("CancelCommand").WithSummary("Wish it cancelled")
            .RequireAuthorization(AccessPolicies.Administrator);
        commands.MapOutput();
    }

    private static async Task<Results<Created<CommandView>, Ok<CommandView>, ProblemHttpResult>> IssueAsync(
        CommandRequest request, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, ActorContext caller, CommandService service,
        CommandReader reader, CancellationToken cancellation)
    {
        switch (await service.IssueAsync(request, idempotencyKey, caller, cancellation))
        {
            case Issued issued:
                var view = await reader.GetAsync(issued.Command, TimeSpan.Zero, null, cancellation);
                return view is null
                    ? NotFound(issued.Command.ToString())
                    : issued.Repeated ? TypedResults.Ok(view) : TypedResults.Created($"{ApiGroup.Prefix}/commands/{issued.Command}", view);
            case IssueConflict conflict:
                return Problems.Conflict(
                    ErrorCodes.IdempotencyKeyReused, $"The key '{conflict.Key}' stands for another command. Use a new key for a new command.", "Idempotency-Key");
            case IssueRefused { Code: ErrorCodes.HostNotFound } unknown:
                return Problems.NotFound(unknown.Code, unknown.Message, unknown.Field);
            case IssueRefused refused:
                return Problems.Invalid(refused.Code, refused.Field, refused.Message);
            case var other:
                throw new InvalidOperationException($"No answer for {other.GetType().Name}.");
        }
    }

    private static async Task<Results<Ok<Page<CommandView>>, ProblemHttpResult>> ListAsync(
        CommandReader reader, CancellationToken cancellation, string? cursor = null, int? limit = null) =>
        await reader.ListAsync(cursor, Cursor.Limit(limit), cancellation) is { } page ? TypedResults.Ok(page) : BadCursor();

    private static async Task<Results<Ok<CommandView>, ProblemHttpResult>> GetAsync(
        string id, CommandReader reader, CancellationToken cancellation, string? wait = null, string? since = null)
    {
        var time = TimeSpan.Zero;
        if (wait is not null && !DurationText.TryParse(wait, out time))
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "wait", "wait must be a duration such as 30s.");
        }

        return CommandId.TryParse(id, out var command)
            && await reader.GetAsync(command, time < LongestWait ? time : LongestWait, since, cancellation) is { } view
            ? TypedResults.Ok(view)
            : NotFound(id);
    }

    private static async Task<Results<Ok<Page<ExecutionView>>, ProblemHttpResult>> ExecutionsAsync(
        string id, CommandReader reader, CancellationToken cancellation, string? cursor = null, int? limit = null)
    {
        if (!CommandId.TryParse(id, out var command))
        {
            return NotFound(id);
        }

        return await reader.ExecutionsAsync(command, cursor, Cursor.Limit(limit), cancellation) is { } page
            ? TypedResults.Ok(new Page<ExecutionView>(page.Items, page.Next))
            : BadCursor();
    }

    private static async Task<Results<Ok<CommandView>, ProblemHttpResult>> CancelAsync(
        string id, ActorContext caller, CommandService service, CommandReader reader, CancellationToken cancellation) =>
        CommandId.TryParse(id, out var command) && await service.CancelAsync(command, caller, cancellation)
            && await reader.GetAsync(command, TimeSpan.Zero, null, cancellation) is { } view
            ? TypedResults.Ok(view)
            : NotFound(id);

    private static ProblemHttpResult NotFound(string id) => Problems.NotFound(
        ErrorCodes.CommandNotFound, $"There is no command '{(id.Length > 64 ? id[..64] : id)}'. `hanse command list` shows the latest.");

    private static ProblemHttpResult BadCursor() =>
        Problems.Invalid(ErrorCodes.CursorInvalid, "cursor", "The cursor is not one that this list gave. Start again without it.");
}
