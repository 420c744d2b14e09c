using Hanse.Protocol.Commands;
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
    private const uint LongestRead = 256 * 1024;
    private const int MaximumKey = 200;

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
        if (!TryDuration(request.Deadline, DefaultDeadline, out var deadline))
        {
            return BadDuration("deadline");
        }

        if (request.Script is { Timeout: { } text } && !DurationText.TryParse(text, out _))
        {
            return BadDuration("script.timeout");
        }

        var script = request.Script?.ToView();
        if (OrderRules.Check(request.Hosts, script, deadline, request.Reason) is { } breach)
        {
            var code = breach.Field.StartsWith("script", StringComparison.Ordinal) ? ErrorCodes.ScriptInvalid : ErrorCodes.RequestInvalid;
            return SiteEndpoints.Problem(400, code, breach.Fix, breach.Field);
        }

        if (idempotencyKey is not null && (idempotencyKey.Length is 0 or > MaximumKey || idempotencyKey.Any(c => c is < ' ' or > '~')))
        {
            return SiteEndpoints.Problem(400, ErrorCodes.RequestInvalid, $"The key must have 1 to {MaximumKey} printable ASCII characters.", "Idempotency-Key");
        }

        var order = new LocalOrder(
            request.Hosts!, script!.ToWire(), deadline, context.User.Identity!.Name!, request.Reason ?? "", idempotencyKey);
        var (id, error) = await commands.IssueAsync(order, context.RequestAborted);
        return error is null
            ? Results.Created($"/api/v1/commands/{id}", await commands.ShowAsync(id!.Value, context.RequestAborted))
            : SiteEndpoints.Problem(StatusOf(error.Code), error.Code, error.Message, error.Field);
    }

    private static int StatusOf(string code) => code switch
    {
        ErrorCodes.HostNotFound => 404,
        ErrorCodes.DiskFull => 507,
        _ => 409,
    };

    private static async Task<IResult> ShowAsync(
        string id, string? wait, string? since, LocalCommands commands, CancellationToken cancellation)
    {
        if (!TryDuration(wait, TimeSpan.Zero, out var time))
        {
            return BadDuration("wait");
        }

        if (!CommandId.TryParse(id, out var command))
        {
            return NotFound();
        }

        var view = await commands.WaitAsync(command, since, time < LongestWait ? time : LongestWait, cancellation);
        return view is null ? NotFound() : Results.Ok(view);
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
        string id, string host, IHosts hosts, CommandIntake intake, CancellationToken cancellation,
        string stream = "stdout", long offset = 0, uint? limit = null)
    {
        if (stream is not ("stdout" or "stderr"))
        {
            return SiteEndpoints.Problem(400, ErrorCodes.RequestInvalid, "stream must be stdout or stderr.", "stream");
        }

        if (offset < 0)
        {
            return SiteEndpoints.Problem(400, ErrorCodes.RequestInvalid, "offset must be 0 or more.", "offset");
        }

        var found = await hosts.FindAsync([host], cancellation);
        if (!CommandId.TryParse(id, out var command) || found.Count != 1)
        {
            return NoExecution();
        }

        var output = await intake.ReadOutputAsync(
            new ExecutionOutputQuery
            {
                CommandId = command.ToWire(), HostId = new HostId(found[0].Id).ToWire(), Offset = (ulong)offset,
                Limit = Math.Min(limit ?? LongestRead, LongestRead), Stream = stream == "stderr" ? OutputStream.Stderr : OutputStream.Stdout,
            },
            cancellation);
        return output is null
            ? NoExecution()
            : Results.Ok(new
            {
                stream, offset, nextOffset = offset + output.Data.Length, length = (long)output.Length, complete = output.Complete,
                data = output.Data.ToByteArray(),
            });
    }

    private static bool TryDuration(string? text, TimeSpan fallback, out TimeSpan duration)
    {
        duration = fallback;
        return text is null || (DurationText.TryParse(text, out duration) && duration >= TimeSpan.Zero);
    }

    private static IResult BadDuration(string field) =>
        SiteEndpoints.Problem(400, ErrorCodes.RequestInvalid, "Durations are text with a unit, such as 30s, 5m or 24h.", field);

    private static IResult NotFound() =>
        SiteEndpoints.Problem(404, ErrorCodes.CommandNotFound, "This site has no such command. List them with: hanse command list", "id");

    private static IResult NoExecution() => SiteEndpoints.Problem(
        404, ErrorCodes.ExecutionNotFound, "This command was not given to such a host. `hanse command show` lists its hosts.", "host");

    private sealed record OrderRequest(IReadOnlyList<string>? Hosts, ScriptRequest? Script, string? Deadline, string? Reason);

    private sealed record ScriptRequest(
        string? Interpreter, string? Body, IReadOnlyList<string>? Arguments, IReadOnlyDictionary<string, string>? Environment,
        string? Timeout, uint? OutputLimit, string? RunAs)
    {
        /// <summary>Only where the timeout is null or a duration.</summary>
        public ScriptView ToView() => new(
            Interpreter, Body, Arguments, Environment, DurationText.TryParse(Timeout ?? "", out var timeout) ? timeout : null, OutputLimit, RunAs);
    }
}
