using Hanse.Audit;
using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Gateways.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Link;
using Hanse.Protocol.Errors;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Hanse.Coordinator.Gateways;

/// <summary>What an operator does to a gateway. Each is one transaction with its audit entry (invariant 6); what follows from it on links comes after the
/// commit, and again with the gateway's next link. Sites are told which gateways lead to them, so their desired state changes with it (D1).</summary>
internal sealed class GatewayActions(
    NpgsqlDataSource database, GatewayStore gateways, GatewayLinks links, GatewayStateDriver driver, ISites sites, IBans bans, IAuditLog audit)
{
    /// <summary>It takes no connection any more, and those there are end spread over the window.</summary>
    public Task<ProblemHttpResult?> DrainAsync(string name, TimeSpan window, string reason, ActorContext actor, CancellationToken cancellation) =>
        SetDrainingAsync(name, true, window, reason, actor, cancellation);

    public Task<ProblemHttpResult?> ResumeAsync(string name, ActorContext actor, CancellationToken cancellation) =>
        SetDrainingAsync(name, false, TimeSpan.Zero, "", actor, cancellation);

    /// <summary>Its key opens nothing any more, and a join string that was not used yet is void.</summary>
    public async Task<ProblemHttpResult?> RemoveAsync(string name, string reason, ActorContext actor, INodeTokens tokens, CancellationToken cancellation)
    {
        if (await gateways.FindAsync(name, cancellation) is not { } gateway)
        {
            return Unknown();
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await tokens.RemoveAsync(transaction, gateway.Id, cancellation);
        if (!await gateways.RemoveAsync(transaction, gateway.GatewayId, cancellation))
        {
            return Unknown();
        }

        await bans.AddGatewayAsync(transaction, gateway.GatewayId, actor.Account, reason, cancellation);
        var issued = await bans.IssueAsync(transaction, cancellation);
        await sites.RaiseGenerationsAsync(transaction, cancellation);
        await audit.AppendAsync(connection, transaction, Event("gateway.remove", gateway, reason, actor), cancellation);
        await transaction.CommitAsync(cancellation);
        bans.Enforce(issued);
        await links.CutAsync(gateway.GatewayId, LinkErrors.Of(ErrorCodes.Banned, "This gateway was removed from the federation."));
        return null;
    }

    private async Task<ProblemHttpResult?> SetDrainingAsync(
        string name, bool draining, TimeSpan window, string reason, ActorContext actor, CancellationToken cancellation)
    {
        if (await gateways.FindAsync(name, cancellation) is not { } gateway)
        {
            return Unknown();
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (!await gateways.SetDrainingAsync(transaction, gateway.GatewayId, draining, window, cancellation))
        {
            return Problems.Conflict(ErrorCodes.GatewayNotEnrolled, $"{gateway.Name} is {gateway.Lifecycle.ToString().ToLowerInvariant()}, so there is nothing to drain.", "gateway");
        }

        await sites.RaiseGenerationsAsync(transaction, cancellation);
        await audit.AppendAsync(connection, transaction, Event(draining ? "gateway.drain" : "gateway.resume", gateway, reason, actor), cancellation);
        await transaction.CommitAsync(cancellation);
        driver.Tell(gateway.GatewayId);
        return null;
    }

    internal static ProblemHttpResult Unknown() =>
        Problems.NotFound(ErrorCodes.GatewayNotFound, "There is no gateway of this id or name. `hanse gateway list` shows them.", "gateway");

    private static AuditEvent Event(string operation, GatewayRow gateway, string reason, ActorContext actor) => new(operation, actor.ForAudit())
    {
        Reason = reason.Length == 0 ? null : reason, Outcome = "done",
        Detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["gateway"] = gateway.GatewayId.ToString(), ["name"] = gateway.Name },
    };
}
