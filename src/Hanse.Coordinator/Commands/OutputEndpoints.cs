using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Commands.Reading;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Coordinator.Commands;

/// <summary>Full output of an execution, read from its site while it lasts there (U4: only excerpts are kept here).</summary>
internal static class OutputEndpoints
{
    private const uint LongestRead = 256 * 1024;
    private static readonly TimeSpan SiteTime = TimeSpan.FromSeconds(15);

    public static void MapOutput(this RouteGroupBuilder commands) =>
        commands.MapGet("/{id}/executions/{host}/output", ReadAsync).WithName("ReadOutput")
            .WithSummary("Output of one execution from an offset on, while it runs and after").RequireAuthorization(AccessPolicies.Viewer);

    private static async Task<Results<Ok<OutputView>, ProblemHttpResult>> ReadAsync(
        string id, string host, CommandReader reader, ISiteChannel sites, CancellationToken cancellation,
        string stream = "stdout", long offset = 0, uint? limit = null)
    {
        if (stream is not ("stdout" or "stderr"))
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "stream", "stream must be stdout or stderr.");
        }

        if (offset < 0)
        {
            return Problems.Invalid(ErrorCodes.RequestInvalid, "offset", "offset must be 0 or more.");
        }

        if (!CommandId.TryParse(id, out var command) || await reader.FindExecutionAsync(command, host, cancellation) is not { } execution)
        {
            return Problems.NotFound(ErrorCodes.ExecutionNotFound, "This command was not given to such a host. `hanse command show` lists its hosts.");
        }

        var query = new ExecutionOutputQuery
        {
            CommandId = command.ToWire(),
            HostId = new HostId(execution.HostId).ToWire(),
            Stream = stream == "stdout" ? OutputStream.Stdout : OutputStream.Stderr,
            Offset = (ulong)offset,
            Limit = Math.Min(limit ?? LongestRead, LongestRead),
        };
        var reply = await sites.RequestAsync<ExecutionOutput>(new(execution.SiteId), Method.ExecutionOutput, query, SiteTime, cancellation);
        return reply.Value is { } output
            ? TypedResults.Ok(new OutputView(stream, offset, offset + output.Data.Length, (long)output.Length, output.Complete, output.Data.ToByteArray()))
            : Refused(reply.Failure!);
    }

    private static ProblemHttpResult Refused(SiteFailure failure) => failure.Code switch
    {
        ErrorCodes.SiteOffline => Problems.Unavailable(failure.Code, "The host's site is offline, and full output is kept there. The command itself shows excerpts."),
        "site-timeout" => Problems.TimedOut(failure.Code, "The host's site did not answer in time. Try again."),
        _ => Problems.SiteRefused(failure.Code, failure.Message),
    };
}

/// <summary>A piece of output.</summary>
/// <param name="Stream">stdout or stderr.</param>
/// <param name="Offset">Where the piece begins.</param>
/// <param name="NextOffset">Where the next one does.</param>
/// <param name="Length">Bytes there are so far.</param>
/// <param name="Complete">No more will come.</param>
/// <param name="Data">The bytes, in base64: a piece may end within a character.</param>
internal sealed record OutputView(string Stream, long Offset, long NextOffset, long Length, bool Complete, byte[] Data);
