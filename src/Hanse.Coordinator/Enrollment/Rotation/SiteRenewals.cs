using Hanse.Audit;
using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Hanse.Coordinator.Enrollment.Rotation;

/// <summary>Has a site renew its intermediate before its hour (T3). Audited before it is asked (invariant 6); asked twice it renews twice.</summary>
internal sealed class SiteRenewals(ISites sites, ISiteChannel channel, IAuditLog audit, NodeServerOptions options)
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(15);

    /// <summary>Null once the site has begun; otherwise why not.</summary>
    public async Task<ProblemHttpResult?> RenewAsync(string name, ActorContext actor, CancellationToken cancellation)
    {
        if (await sites.FindAsync(name, cancellation) is not { } site)
        {
            return UnknownSite.Problem();
        }

        await using (var connection = await options.Database.OpenConnectionAsync(cancellation))
        await using (var transaction = await connection.BeginTransactionAsync(cancellation))
        {
            await audit.AppendAsync(connection, transaction, new AuditEvent("trust.renew", actor.ForAudit()) { Site = site.SiteId, Outcome = "asked" }, cancellation);
            await transaction.CommitAsync(cancellation);
        }

        return (await channel.RequestAsync<Empty>(site.SiteId, Method.SiteRenew, new RenewNow(), AnswerTime, cancellation)).Failure is { } failure
            ? Problems.Of(failure.Code == ErrorCodes.SiteTimeout ? StatusCodes.Status504GatewayTimeout : StatusCodes.Status409Conflict, failure.Code, $"{site.Name}: {failure.Message}", "site")
            : null;
    }
}
