using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Dialing;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Joining;

/// <summary>
/// A conversation with a verified server on its link name: who answered, and with which certificate. A server that shows a certificate of its
/// operator's own (T8) first proves by its chain which node it is, at <c>POST /proof</c>; from then on only that certificate is talked to.
/// </summary>
internal sealed class ServerSession : IDisposable
{
    private readonly SessionTarget _target;
    private readonly NodeCredential? _own;
    private readonly PeerVerifier _verifier;
    private NodeExchange _exchange;
    private bool _byName;
    private PeerVerdict? _verdict;
    private byte[]? _proved;

    /// <param name="target">Where, under which name, and who must answer.</param>
    /// <param name="own">Null where no certificate is held yet: at joining.</param>
    /// <param name="verifier">Judges the server.</param>
    /// <param name="byName">Nothing but the machine's trust store may judge the TLS certificate: there are no pins.</param>
    public ServerSession(SessionTarget target, NodeCredential? own, PeerVerifier verifier, bool byName = false)
    {
        (_target, _own, _verifier, _byName) = (target, own, verifier, byName);
        _exchange = Open();
    }

    /// <summary>Null until the server has been verified.</summary>
    public NodeIdentity? Peer => (_verdict as PeerVerdict.Verified)?.Identity;

    /// <summary>SHA-256 of the TLS certificate that the server shows.</summary>
    public byte[] CertificateHash { get; private set; } = [];

    /// <summary>The server's clock as of its last answer.</summary>
    public DateTimeOffset? ServerTime => _exchange.ServerTime;

    /// <summary>A failed handshake is told by the verdict that made it fail.</summary>
    public async Task<Answer<T>> PostAsync<T>(string path, IMessage? body, MessageParser<T> parser, CancellationToken cancel) where T : class, IMessage<T>
    {
        if (!_byName)
        {
            var answer = await _exchange.PostAsync(path, body, parser, cancel);
            if (_verdict is not PeerVerdict.NameOnly || !_target.MayShowOwn)
            {
                return Explain(answer);
            }

            // The handshake was broken off by this very verdict, so nothing has been sent. Once more, by name.
            _byName = true;
            _exchange.Dispose();
            _exchange = Open();
        }

        return _proved is null && await ProveAsync(cancel) is { } refusal
            ? new Answer<T>(null, refusal)
            : Explain(await _exchange.PostAsync(path, body, parser, cancel));
    }

    public void Dispose() => _exchange.Dispose();

    private NodeExchange Open() => new(
        _target.Addresses, _target.ServerName, PeerTls.ForClient(_target.ServerName, _own, _verifier, _target.Expected, Observe, Admits), _verifier.Time);

    private bool Admits(PeerVerdict verdict) => _byName
        ? verdict is PeerVerdict.NameOnly shown && (_proved is null || _proved.AsSpan().SequenceEqual(shown.CertificateHash))
        : verdict is PeerVerdict.Verified;

    private async Task<JoinRefusal?> ProveAsync(CancellationToken cancel)
    {
        var challenge = new ServerChallenge(_verifier, _target.Expected);
        var answer = await _exchange.PostAsync(JoinPaths.Proof, new ProofRequest { Nonce = challenge.Nonce }, ServerProof.Parser, cancel);
        if (answer.Message is null)
        {
            return Explain(answer).Refusal;
        }

        _verdict = challenge.Judge(answer.Message, CertificateHash);
        _proved = _verdict is PeerVerdict.Verified ? CertificateHash : null;
        return _proved is null ? new JoinRefusal(_verdict.Code, _verdict.Message) : null;
    }

    private Answer<T> Explain<T>(Answer<T> answer) where T : class =>
        answer.Message is null && _verdict is not null and not PeerVerdict.Verified && !(_byName && _verdict is PeerVerdict.NameOnly)
            ? new Answer<T>(null, new JoinRefusal(_verdict.Code, _verdict.Message))
            : answer;

    private void Observe(PeerVerdict verdict, X509Certificate2? certificate)
    {
        // What was proved stays so when the connection is made anew.
        _verdict = _proved is not null && Admits(verdict) ? _verdict : verdict;
        CertificateHash = certificate is null ? [] : SHA256.HashData(certificate.RawDataMemory.Span);
    }
}

/// <summary>The server of a session.</summary>
/// <param name="Addresses">Dialled in order.</param>
/// <param name="ServerName">TLS server name, <c>link.…</c>.</param>
/// <param name="Expected">Who must answer.</param>
public sealed record SessionTarget(IReadOnlyList<NodeAddress> Addresses, string ServerName, PeerExpectation Expected)
{
    /// <summary>Only a site shows a certificate of its operator's own on its link name.</summary>
    internal bool MayShowOwn => Expected.Kinds.Contains(NodeKind.Site);
}
