using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Audit;
using Hanse.Authority.Joining;
using Hanse.Coordinator.Gateways.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Link.Serving;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;
using Npgsql;

namespace Hanse.Coordinator.Enrollment;

/// <summary>Lets gateways join by token (J2) and renews their certificates (T3). These are leaves under this replica's own intermediate: a gateway
/// issues nothing (ADR 0010).</summary>
internal sealed class GatewayJoinDesk(
    Federation federation, FederationStore store, IGateways gateways, ISites sites, IAuditLog audit, NodeServerOptions options)
{
    public async Task<NodeReply> JoinAsync(ReadOnlyMemory<byte> body, NodeCaller caller, CancellationToken cancellation)
    {
        GatewayJoinRequest request;
        try
        {
            request = GatewayJoinRequest.Parser.ParseFrom(body.Span);
        }
        catch (InvalidProtocolBufferException malformed)
        {
            return NodeReply.Refuse(400, ErrorCodes.MalformedMessage, $"The body is not a GatewayJoinRequest: {malformed.Message}");
        }

        if (!SigningRequest.TryReadPublicKey(request.Csr.Span, out var key))
        {
            return NodeReply.Refuse(400, ErrorCodes.SigningRequestInvalid, "The signing request is not a valid PKCS#10 for a P-256 key.", "csr");
        }

        if (request.SoftwareVersion.Any(char.IsControl))
        {
            return NodeReply.Refuse(400, ErrorCodes.MalformedMessage, "A software version is text on one line.", "softwareVersion");
        }

        var (decision, node, certificate) = await store.RedeemAsync(
            JoinTokenMachine.Digest(request.Token.Span), NodeKind.Gateway, SpkiHash.Of(key),
            (transaction, id) => IssueAsync(transaction, new GatewayId(id), key, JoinRefusals.Short(request.SoftwareVersion), caller, cancellation),
            async (_, id) => (await gateways.FindAsync(new GatewayId(id).ToString(), cancellation))?.Certificate, cancellation);
        var gateway = new GatewayId(node);
        if (decision is JoinTokenDecision.Refused refused)
        {
            return await JoinRefusals.ReplyAsync(refused, Event("unknown", gateway, caller), audit, options.Database, cancellation);
        }

        var row = (await gateways.FindAsync(gateway.ToString(), cancellation))!;
        var answer = new GatewayJoinAnswer
        {
            GatewayId = gateway.ToWire(), GatewayName = row.Name, Certificate = ByteString.CopyFrom(certificate), Trust = federation.TrustForNodes(),
            CoordinatorServerName = options.Names.LinkName,
        };
        answer.CoordinatorAddresses.AddRange(options.Addresses.Select(a => a.ToString()));
        return NodeReply.Of(answer);
    }

    public async Task<NodeReply> RenewAsync(GatewayId gateway, PublicKey key, CancellationToken cancellation)
    {
        if (await gateways.FindAsync(gateway.ToString(), cancellation) is not { Lifecycle: GatewayLifecycle.Enrolled })
        {
            return NodeReply.Refuse(403, ErrorCodes.Unknown, "This gateway is not in the registry any more.");
        }

        var leaf = federation.Issuer.Value.IssueGateway(gateway, key, options.Time);
        await using (var connection = await options.Database.OpenConnectionAsync(cancellation))
        await using (var transaction = await connection.BeginTransactionAsync(cancellation))
        {
            await gateways.EnrollAsync(transaction, gateway, leaf.RawData, leaf.NotAfter.ToUniversalTime(), null, cancellation);
            await transaction.CommitAsync(cancellation);
        }

        return NodeReply.Of(new RenewAnswer { Certificate = ByteString.CopyFrom(leaf.RawData), Trust = federation.TrustForNodes() });
    }

    /// <summary>From now on sites tell its addresses to their agents, so their desired state has changed (D1).</summary>
    private async Task<byte[]> IssueAsync(
        NpgsqlTransaction transaction, GatewayId gateway, PublicKey key, string softwareVersion, NodeCaller caller, CancellationToken cancellation)
    {
        var leaf = federation.Issuer.Value.IssueGateway(gateway, key, options.Time);
        await gateways.EnrollAsync(transaction, gateway, leaf.RawData, leaf.NotAfter.ToUniversalTime(), softwareVersion, cancellation);
        await sites.RaiseGenerationsAsync(transaction, cancellation);
        await audit.AppendAsync(
            transaction.Connection!, transaction, Event($"gateway:{gateway}", gateway, caller) with { Outcome = "enrolled" }, cancellation);
        return leaf.RawData;
    }

    private static AuditEvent Event(string actor, GatewayId gateway, NodeCaller caller) =>
        new("gateway.join", new AuditActor(actor, SourceAddress: caller.Remote?.ToString()))
        {
            Detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["gateway"] = gateway.ToString() },
        };
}
