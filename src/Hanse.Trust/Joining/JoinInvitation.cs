using System.Collections.Immutable;
using System.Text;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Dialing;
using Hanse.Trust.Keys;

namespace Hanse.Trust.Joining;

/// <summary>What a join string says (J1). Its text form leaves the secret out, so that it can be logged.</summary>
public sealed record JoinInvitation
{
    public const int SecretBytes = 32;

    public required FederationId Federation { get; init; }

    /// <summary>What the holder becomes: site, agent or gateway.</summary>
    public required NodeKind Kind { get; init; }

    /// <summary>Tried in order.</summary>
    public required ImmutableArray<NodeAddress> Addresses { get; init; }

    /// <summary>TLS server name, <c>link.…</c>.</summary>
    public required string ServerName { get; init; }

    /// <summary>The roots that may answer (T4: a set). Empty only for an agent, whose machine then judges the site's name by its own trust store (T8).</summary>
    public required ImmutableArray<SpkiHash> RootPins { get; init; }

    /// <summary>Site or gateway: the token. Agent: the customer key.</summary>
    public required byte[] Secret { get; init; }

    public required DateTimeOffset Expires { get; init; }

    private bool PrintMembers(StringBuilder text)
    {
        text.Append(FormattableString.Invariant(
            $"Kind = {Kind}, Federation = {Federation}, ServerName = {ServerName}, Addresses = {string.Join(' ', Addresses)}, Expires = {Expires:u}"));
        return true;
    }
}
