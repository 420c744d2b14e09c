using Hanse.Audit.Witnessing;
using Hanse.Protocol.Errors;
using Hanse.Site.Agents.Api;
using Hanse.Site.Api;
using Hanse.Site.Uplink.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Hanse.Site.Enrollment;

/// <summary>Joining, and how the site stands.</summary>
internal static class SiteJoinEndpoints
{
    private const int ReasonLimit = 1_000;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/site/join", JoinAsync);
        api.MapPost("/site/leave", LeaveAsync);
        api.MapGet("/status", StatusAsync);
    }

    private static async Task<IResult> JoinAsync(JoinRequest request, SiteJoiner joiner, SiteIdentity identity, HttpContext context, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(request.JoinString))
        {
            return SiteEndpoints.Problem(400, ErrorCodes.RequestInvalid, "Give the join string that `hanse site invite` printed.", "joinString");
        }

        if (request.CheckOnly)
        {
            var looked = await joiner.CheckAsync(request.JoinString, cancellation);
            return Results.Ok(new { ok = looked.All(f => f.Outcome != JoinFinding.FailedOutcome), checks = looked });
        }

        var (checks, refusal) = await joiner.JoinAsync(request.JoinString, context.User.Identity!.Name!, cancellation);
        if (refusal is not null)
        {
            var status = refusal.Code is ErrorCodes.AlreadyJoined or ErrorCodes.RoleConflict ? 409 : refusal.Retryable ? 503 : 400;
            return SiteEndpoints.Problem(status, refusal.Code, refusal.Message, "joinString");
        }

        var self = identity.Self!;
        return Results.Ok(new { id = self.Id.ToString(), name = self.Name, federation = self.Federation.ToString(), externalNames = self.ExternalNames, checks });
    }

    private static async Task<IResult> LeaveAsync(LeaveRequest request, SiteLeaver leaver, SiteIdentity identity, HttpContext context)
    {
        if (request.Reason is { Length: > ReasonLimit } || (request.Reason ?? "").Any(char.IsControl))
        {
            return SiteEndpoints.Problem(400, ErrorCodes.RequestInvalid, $"reason is one line of at most {ReasonLimit} characters.", "reason");
        }

        var self = identity.Self;
        var (told, refusal) = await leaver.LeaveAsync(context.User.Identity!.Name!, request.Reason ?? "", request.Force, context.RequestAborted);
        return refusal is null
            ? Results.Ok(new { id = self!.Id.ToString(), name = self.Name, federation = self.Federation.ToString(), outcome = "left", coordinatorKnows = told })
            : SiteEndpoints.Problem(refusal.Code == ErrorCodes.CoordinatorUnreachable ? 503 : 409, refusal.Code, refusal.Message);
    }

    private static async Task<IResult> StatusAsync(
        SiteIdentity identity, IUplinkStatus uplink, IHosts hosts, DiskSpace space, AuditStandings audit, CancellationToken cancellation)
    {
        var problems = (await audit.ReadAsync(cancellation)).Problems(_ => "the coordinator");
        var (self, link, depth) = (identity.Self, uplink.Link, await uplink.DepthAsync(cancellation));
        var (all, online) = await hosts.CountAsync(cancellation);
        return Results.Ok(new
        {
            role = "site", version = SiteModule.Version, joined = self is not null, suspended = identity.IsSuspended, id = self?.Id.ToString(), name = self?.Name,
            federation = self?.Federation.ToString(),
            link = link?.Health.ToString().ToLowerInvariant() ?? "offline", lastSuccess = link?.LastSuccess, nextTry = link?.NextTry,
            lastError = link?.LastError is { } error ? new { code = error.Code, message = error.Message } : null,
            hostCount = all, onlineCount = online, queueDepth = depth.Waiting, oldestRecord = depth.Oldest, outboxFull = space.OutboxFull,
            queues = depth.Classes.Select(c => new { @class = c.Class.ToString().ToLowerInvariant(), waiting = c.Waiting, oldest = c.Oldest, setAside = c.SetAside }),
            intermediateExpires = self?.IntermediateNotAfter, trustOk = identity.TrustProblem is null, trustProblem = identity.TrustProblem,
            diskFree = space.Free, diskFull = space.Refusal() is not null,
            auditOk = problems.Count == 0, auditProblems = problems,
        });
    }

    private sealed record JoinRequest(string? JoinString, bool CheckOnly = false);

    private sealed record LeaveRequest(string? Reason, bool Force = false);
}
