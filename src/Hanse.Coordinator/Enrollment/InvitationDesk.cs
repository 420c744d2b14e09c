using Hanse.Authority.Joining;
using Hanse.Coordinator.Access.Api;
using Hanse.Audit;
using Hanse.Coordinator.Gateways.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Dialing;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;

namespace Hanse.Coordinator.Enrollment;

/// <summary>Makes join strings. What one leaves in the database and its audit entry are committed together, before it is given out (invariant 6).</summary>
internal sealed class InvitationDesk(
    Federation federation, FederationStore store, ISites sites, IGateways gateways, IAuditLog audit, NodeServerOptions options)
{
    /// <summary>Null if the name is taken.</summary>
    public async Task<Invitation?> InviteSiteAsync(NewSite site, TimeSpan life, ActorContext caller, CancellationToken cancellation)
    {
        await using var connection = await options.Database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await sites.AddAsync(transaction, site, cancellation) is not { } row)
        {
            return null;
        }

        var token = JoinTokenMachine.NewToken();
        var expires = options.Time.GetUtcNow() + life;
        await store.AddTokenAsync(transaction, JoinTokenMachine.Issue(token, expires), NodeKind.Site, row.Id, cancellation);
        await audit.AppendAsync(connection, transaction, Event("site.invite", caller, row), cancellation);
        await transaction.CommitAsync(cancellation);
        return Of(row, NodeKind.Site, options.Addresses, options.Names.LinkName, token, expires, "hanse site join");
    }

    /// <summary>A new token in place of the old one. Null if the site is not pending any more.</summary>
    public async Task<Invitation?> RegenerateAsync(SiteRow site, TimeSpan life, ActorContext caller, CancellationToken cancellation)
    {
        await using var connection = await options.Database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await store.RemoveAsync(transaction, site.Id, cancellation);
        if (await sites.ChangeAsync(transaction, site.SiteId, [SiteLifecycle.Pending], SiteLifecycle.Pending, "", cancellation) is null)
        {
            return null;
        }

        var token = JoinTokenMachine.NewToken();
        var expires = options.Time.GetUtcNow() + life;
        await store.AddTokenAsync(transaction, JoinTokenMachine.Issue(token, expires), NodeKind.Site, site.Id, cancellation);
        await audit.AppendAsync(connection, transaction, Event("site.regenerate", caller, site), cancellation);
        await transaction.CommitAsync(cancellation);
        return Of(site, NodeKind.Site, options.Addresses, options.Names.LinkName, token, expires, "hanse site join");
    }

    /// <summary>False if the site is not pending any more.</summary>
    public async Task<bool> CancelAsync(SiteRow site, ActorContext caller, CancellationToken cancellation)
    {
        await using var connection = await options.Database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await store.RemoveAsync(transaction, site.Id, cancellation);
        if (await sites.ChangeAsync(transaction, site.SiteId, [SiteLifecycle.Pending], SiteLifecycle.Removed, "cancelled", cancellation) is null)
        {
            return false;
        }

        await audit.AppendAsync(connection, transaction, Event("site.cancel", caller, site), cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <param name="site">Enrolled.</param>
    /// <param name="life">How long the join string is good.</param>
    /// <param name="systemTrust">Leaves the pins out: the site shows a certificate of its operator's own, which the machines' trust stores know (T8).</param>
    /// <param name="caller">For the audit log.</param>
    /// <param name="cancellation">Nothing is left behind.</param>
    public async Task<Invitation> InviteAgentAsync(SiteRow site, TimeSpan life, bool systemTrust, ActorContext caller, CancellationToken cancellation)
    {
        await using var connection = await options.Database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await audit.AppendAsync(connection, transaction, Event("agent.invite", caller, site), cancellation);
        await transaction.CommitAsync(cancellation);
        // A machine that is elsewhere comes in through a gateway.
        var addresses = site.Addresses.Concat(await gateways.AddressesToAsync(site.Id, cancellation)).Distinct()
            .Select(a => NodeAddress.TryParse(a, out var address) ? address : null).OfType<NodeAddress>().Take(JoinString.MaxAddresses);
        return Of(
            site, NodeKind.Agent, addresses, Hanse.Authority.Issuing.ServerNames.LinkPrefix + site.ExternalNames[0],
            federation.CustomerKey.ToArray(), options.Time.GetUtcNow() + life, "hanse-agent join", pinned: !systemTrust);
    }

    /// <summary>Null if the name is taken.</summary>
    public async Task<GatewayInvitation?> InviteGatewayAsync(NewGateway gateway, TimeSpan life, ActorContext caller, CancellationToken cancellation)
    {
        await using var connection = await options.Database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await gateways.AddAsync(transaction, gateway, cancellation) is not { } row)
        {
            return null;
        }

        var token = JoinTokenMachine.NewToken();
        var expires = options.Time.GetUtcNow() + life;
        await store.AddTokenAsync(transaction, JoinTokenMachine.Issue(token, expires), NodeKind.Gateway, row.Id, cancellation);
        var detail = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["gateway"] = row.GatewayId.ToString(), ["name"] = row.Name, ["sites"] = row.Sites is null ? "all" : string.Join(' ', row.Sites.Select(s => new SiteId(s))),
            ["console"] = row.Console ? "yes" : "no",
        };
        await audit.AppendAsync(connection, transaction, new AuditEvent("gateway.invite", caller.ForAudit()) { Detail = detail }, cancellation);
        await transaction.CommitAsync(cancellation);
        return new GatewayInvitation(
            new InvitedGateway(row.GatewayId, row.Name, row.Lifecycle.ToString().ToLowerInvariant()),
            Text(NodeKind.Gateway, options.Addresses, options.Names.LinkName, token, expires), "hanse-gateway join", expires);
    }

    private Invitation Of(
        SiteRow site, NodeKind kind, IEnumerable<NodeAddress> addresses, string serverName, byte[] secret, DateTimeOffset expires, string command, bool pinned = true) =>
        new(new InvitedSite(site.SiteId, site.Name, site.Lifecycle.ToString().ToLowerInvariant()), Text(kind, addresses, serverName, secret, expires, pinned), command, expires);

    private string Text(NodeKind kind, IEnumerable<NodeAddress> addresses, string serverName, byte[] secret, DateTimeOffset expires, bool pinned = true) =>
        JoinString.Write(new JoinInvitation
        {
            Federation = federation.Id, Kind = kind, Addresses = [.. addresses], ServerName = serverName,
            RootPins = pinned ? [.. federation.Trust.Value.Roots.Select(SpkiHash.Of)] : [], Secret = secret, Expires = expires,
        });

    private static AuditEvent Event(string operation, ActorContext caller, SiteRow site) => new(operation, caller.ForAudit())
    {
        Site = site.SiteId, Detail = new Dictionary<string, string> { ["name"] = site.Name },
    };
}
