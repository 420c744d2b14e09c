using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Protocol.Text;
using Hanse.Site.Agents.Api;
using Hanse.Site.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Site.Commands;

/// <summary>Commands at the site's socket (J6), in the coordinator's words.</summary>
internal static class CommandEndpoints
{
    private static readonly TimeSpan DefaultDeadline = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/commands", IssueAsync);
        api.MapGet("/commands", async (LocalCommands commands, int? limit, CancellationToken cancellation) =>
            Results.Ok(new { items = await commands.ListAsync(Math.Clamp(limit ?? 20, 1, 100), cancellation), next = (string?)null }));
        api.MapGet("/commands/{id}", ShowAsync);
        api.MapPost("/commands/{id}/cancel", CancelAsync);
        api.MapGet("/commands/{id}/executions/{host}/output", OutputAsync);
    }

    private static async Task<IResult> IssueAsync(
        OrderRequest request, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, LocalCommands commands, HttpContext context)
    {
        if (request.Hosts is not { Count: > 0 } hosts)
        {
            return SiteEndpoints.Problem(400, ErrorCodes.RequestInvalid, "A command needs at least one host: ids or hostnames.", "hosts");
        }

        if (request.Script is null || (string.IsNullOrEmpty(request.Script.Interpreter) && request.Script.Arguments is not { Count: > 0 }))
        {
            return SiteEndpoints.Problem(400, ErrorCodes.RequestInvalid, "A command needs a script: interpreter and body, or arguments.", "script");
        }

        if (!TryDuration(request.Deadline, DefaultDeadline, out var deadline) || !TryDuration(request.Script.Timeout, TimeSpan.Zero, out var timeout))
        {
            return SiteEndpoints.Problem(400, ErrorCodes.RequestInvalid, "Durations are text with a unit, such as 30s, 5m or 24h.", "deadline");
        }

        var order = new LocalOrder(
            hosts, request.Script.ToMessage(timeout), deadline, context.User.Identity!.Name!, request.Reason ?? "", idempotencyKey);
        var (id, error) = await commands.IssueAsync(order, context.RequestAborted);
        return error is null
            ? Results.Created($"/api/v1/commands/{id}", await commands.ShowAsync(id!.Value, context.RequestAborted))
            : SiteEndpoints.Problem(error.Code == ErrorCodes.HostUnknown ? 404 : 409, error.Code, error.Message, error.Field);
    }

    private static async Task<IResult> ShowAsync(string id, string? wait, LocalCommands commands, CancellationToken cancellation)
    {
        if (!TryDuration(wait, TimeSpan.Zero, out var time))
        {
            return SiteEndpoints.Problem(400, ErrorCodes.RequestInvalid, "wait must be a duration such as 30s.", "wait");
        }

        if (time > TimeSpan.Zero)
        {
            await commands.ChangeAsync(time < LongestWait ? time : LongestWait, cancellation);
        }

        return CommandId.TryParse(id, out var command) && await commands.ShowAsync(command, cancellation) is { } view ? Results.Ok(view) : NotFound();
    }

    private static async Task<IResult> CancelAsync(string id, LocalCommands commands, CommandIntake intake, HttpContext context)
    {
        if (!CommandId.TryParse(id, out var command) || await commands.ShowAsync(command, context.RequestAborted) is null)
        {
            return NotFound();
        }

        await intake.CancelAsync(new CommandCancel { CommandId = command.ToWire(), Actor = context.User.Identity!.Name! }, context.RequestAborted);
        return Results.Ok(await commands.ShowAsync(command, context.RequestAborted));
    }

    private static async Task<IResult> OutputAsync(
        string id, string host, string? stream, long? offset, IHosts hosts, CommandIntake intake, CancellationToken cancellation)
    {
        var found = await hosts.FindAsync([host], cancellation);
        if (!CommandId.TryParse(id, out var command) || found.Count != 1)
        {
            return NotFound();
        }

        var output = await intake.ReadOutputAsync(
            new ExecutionOutputQuery
            {
                CommandId = command.ToWire(), HostId = new HostId(found[0].Id).ToWire(), Offset = (ulong)Math.Max(0, offset ?? 0),
                Stream = stream == "stderr" ? OutputStream.Stderr : OutputStream.Stdout,
            },
            cancellation);
        return output is null ? NotFound() : Results.Bytes(output.Data.ToByteArray(), "application/octet-stream");
    }

    private static bool TryDuration(string? text, TimeSpan fallback, out TimeSpan duration)
    {
        duration = fallback;
        return text is null || (DurationText.TryParse(text, out duration) && duration >= TimeSpan.Zero);
    }

    private static IResult NotFound() =>
        SiteEndpoints.Problem(404, ErrorCodes.CommandNotFound, "This site has no such command. List them with: hanse command list", "id");

    private sealed record OrderRequest(IReadOnlyList<string>? Hosts, ScriptRequest? Script, string? Deadline, string? Reason);

    private sealed record ScriptRequest(
        string? Interpreter, string? Body, IReadOnlyList<string>? Arguments, IReadOnlyDictionary<string, string>? Environment,
        string? Timeout, uint? OutputLimit, string? RunAs)
    {
        public Script ToMessage(TimeSpan timeout)
        {
            var script = new Script
            {
                Interpreter = Interpreter ?? "", Body = Body ?? "", TimeoutMs = (uint)timeout.TotalMilliseconds,
                OutputLimitBytes = OutputLimit ?? 0, RunAs = RunAs ?? "",
            };
            script.Arguments.AddRange(Arguments ?? []);
            script.Environment.Add((Environment ?? new Dictionary<string, string>()).ToDictionary());
            return script;
        }
    }
}
