using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;

namespace Hanse.Trust.Verification;

/// <summary>What a verification found. Each case but <see cref="Verified"/> is a refusal with a code and a text for people.</summary>
public abstract record PeerVerdict
{
    private PeerVerdict()
    {
    }

    /// <summary>The code of the refusal, from <see cref="ErrorCodes"/>; empty when verified.</summary>
    public abstract string Code { get; }

    /// <summary>What happened and what to do.</summary>
    public abstract string Message { get; }

    /// <summary>Whether the node may renew its certificate: also an expired one, by its old key, within the window (T6), and one that was made while a clock was ahead.</summary>
    public bool MayRenew => MayRenewAs is not null;

    /// <summary>Who renews, by the certificate that was judged; null if it may not.</summary>
    public NodeIdentity? MayRenewAs => this switch
    {
        Verified verified => verified.Identity,
        Expired { MayReturn: true } expired => expired.Identity,
        NotYetValid early => early.Identity,
        _ => null,
    };

    /// <summary>The chain, the identity and the expectation all hold.</summary>
    public sealed record Verified(NodeIdentity Identity) : PeerVerdict
    {
        public override string Code => "";

        public override string Message => $"Verified as {Identity}.";
    }

    /// <summary>All holds but the time is past. The node may return by its old key while <see cref="MayReturn"/> (T6).</summary>
    public sealed record Expired(NodeIdentity Identity, DateTimeOffset NotAfter, bool MayReturn) : PeerVerdict
    {
        public override string Code => ErrorCodes.CertificateExpired;

        public override string Message => MayReturn
            ? $"The certificate of {Identity} ended at {NotAfter:u}. The node may renew it with its old key."
            : $"The certificate of {Identity} ended at {NotAfter:u}, too long ago to be renewed. Join again.";
    }

    /// <summary>All holds but the time is not yet come: one of the two clocks is wrong.</summary>
    public sealed record NotYetValid(NodeIdentity Identity, DateTimeOffset NotBefore) : PeerVerdict
    {
        public override string Code => ErrorCodes.ClockSkew;

        public override string Message => $"The certificate of {Identity} begins at {NotBefore:u}, in the future of this clock. Correct the clock that is wrong; the node may renew it with its old key.";
    }

    /// <summary>The node, its site or its key is on the revocation list.</summary>
    public sealed record Banned(NodeIdentity Identity) : PeerVerdict
    {
        public override string Code => ErrorCodes.Banned;

        public override string Message => $"{Identity} is banned for good. If that is a mistake, reset the node and join again: it then is another one.";
    }

    /// <summary>Of this federation, but not registered here.</summary>
    public sealed record Unknown(NodeIdentity Identity) : PeerVerdict
    {
        public override string Code => ErrorCodes.Unknown;

        public override string Message => $"{Identity} is not registered here. It may have been removed; join again.";
    }

    /// <summary>The certificate names another federation.</summary>
    public sealed record WrongFederation(FederationId Found, FederationId Expected) : PeerVerdict
    {
        public override string Code => ErrorCodes.WrongFederation;

        public override string Message => $"The peer belongs to federation {Found}, this node to {Expected}. Check the address.";
    }

    /// <summary>A server with a certificate of its operator's own (T8): this machine's trust store vouches for its name, nothing says yet which node it is.</summary>
    /// <param name="Name">What the certificate covers.</param>
    /// <param name="CertificateHash">SHA-256 of it.</param>
    public sealed record NameOnly(string Name, byte[] CertificateHash) : PeerVerdict
    {
        public override string Code => ErrorCodes.NotTrusted;

        public override string Message => $"The peer shows a certificate for {Name} that is not of this federation, and has not proved which node it is.";
    }

    /// <summary>No chain to a trusted root, or not the peer that was expected.</summary>
    public sealed record NotTrusted(string Reason) : PeerVerdict
    {
        public override string Code => ErrorCodes.NotTrusted;

        public override string Message => $"The peer is not trusted: {Reason}.";
    }
}
