using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Audit;
using Hanse.Authority.Joining;
using Hanse.Coordinator.Sites.Api;
using Hanse.Link.Serving;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;
using Npgsql;

namespace Hanse.Coordinator.Enrollment;

/// <summary>Lets sites join by token (J2) and renews their intermediates (T3).</summary>
internal sealed class SiteJoinDesk(Federation federation, FederationStore store, ISites sites, IAuditLog audit, NodeServerOptions options)
{
    public async Task<NodeReply> JoinAsync(ReadOnlyMemory<byte> body, NodeCaller caller, CancellationToken cancellation)
    {
        SiteJoinRequest request;
        try
        {
            request = SiteJoinRequest.Parser.ParseFrom(body.Span);
        }
        catch (InvalidProtocolBufferException malformed)
        {
            return NodeReply.Refuse(400, ErrorCodes.MalformedMessage, $"The body is not a SiteJoinRequest: {malformed.Message}");
        }

        if (!SigningRequest.TryReadPublicKey(request.SiteCsr.Span, out var key))
        {
            return NodeReply.Refuse(400, ErrorCodes.SigningRequestInvalid, "The signing request is not a valid PKCS#10 for a P-256 key.", "siteCsr");
        }

        var spki = SpkiHash.Of(key);
        var (decision, node, certificate) = await store.RedeemAsync(
            JoinTokenMachine.Digest(request.Token.Span), NodeKind.Site, spki,
            (transaction, id) => IssueAsync(transaction, new SiteId(id), key, JoinRefusals.Short(request.SoftwareVersion), caller, cancellation),
            (transaction, _) => store.IntermediateAsync(transaction, spki, cancellation), cancellation);
        var site = new SiteId(node);
        if (decision is JoinTokenDecision.Refused refused)
        {
            return await JoinRefusals.ReplyAsync(
                refused, new AuditEvent("site.join", new AuditActor("unknown", SourceAddress: caller.Remote?.ToString())) { Site = site }, audit, options.Database, cancellation);
        }

        federation.Learn(certificate!);
        return NodeReply.Of(Answer((await sites.FindAsync(site.ToString(), cancellation))!, certificate!));
    }

    public async Task<NodeReply> RenewAsync(SiteId site, PublicKey key, CancellationToken cancellation)
    {
        if (await sites.FindAsync(site.ToString(), cancellation) is not { Lifecycle: SiteLifecycle.Enrolled or SiteLifecycle.Suspended } row)
        {
            return NodeReply.Refuse(403, ErrorCodes.Unknown, "This site is not in the registry any more.");
        }

        var intermediate = federation.Root.IssueForSite(row.SiteId, key, SiteNames.Of(row), options.Time);
        await using (var connection = await options.Database.OpenConnectionAsync(cancellation))
        await using (var transaction = await connection.BeginTransactionAsync(cancellation))
        {
            await store.AddIntermediateAsync(transaction, SpkiHash.Of(key), row.SiteId, intermediate.RawData, intermediate.NotAfter.ToUniversalTime(), cancellation);
            await sites.EnrollAsync(transaction, row.SiteId, row.SoftwareVersion ?? "", intermediate.NotAfter.ToUniversalTime(), cancellation);
            await transaction.CommitAsync(cancellation);
        }

        federation.Learn(intermediate.RawData);
        return NodeReply.Of(new RenewAnswer { Certificate = ByteString.CopyFrom(intermediate.RawData), Trust = federation.TrustForNodes() });
    }

    private async Task<byte[]> IssueAsync(
        NpgsqlTransaction transaction, SiteId site, PublicKey key, string softwareVersion, NodeCaller caller, CancellationToken cancellation)
    {
        var row = (await sites.FindAsync(site.ToString(), cancellation))!;
        var intermediate = federation.Root.IssueForSite(site, key, SiteNames.Of(row), options.Time);
        var notAfter = intermediate.NotAfter.ToUniversalTime();
        await sites.EnrollAsync(transaction, site, softwareVersion, notAfter, cancellation);
        await store.AddIntermediateAsync(transaction, SpkiHash.Of(key), site, intermediate.RawData, notAfter, cancellation);
        await audit.AppendAsync(
            transaction.Connection!, transaction,
            new AuditEvent("site.join", new AuditActor($"site:{site}", SourceAddress: caller.Remote?.ToString())) { Site = site, Outcome = "enrolled" },
            cancellation);
        return intermediate.RawData;
    }

    private SiteJoinAnswer Answer(SiteRow row, byte[] certificate)
    {
        var answer = new SiteJoinAnswer
        {
            SiteId = row.SiteId.ToWire(), SiteName = row.Name, Intermediate = ByteString.CopyFrom(certificate), Trust = federation.TrustForNodes(),
            SiteKey = ByteString.CopyFrom(federation.SiteKeyFor(row.SiteId)), CoordinatorServerName = options.Names.LinkName,
        };
        answer.ExternalNames.AddRange(row.ExternalNames);
        answer.Addresses.AddRange(row.Addresses);
        answer.CoordinatorAddresses.AddRange(options.Addresses.Select(a => a.ToString()));
        return answer;
    }
}
