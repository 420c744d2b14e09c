using System.Net.WebSockets;
using Google.Protobuf;
using Hanse.Link.Frames;
using Hanse.Link.Pulse;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Link.Accepting;

/// <summary>
/// The server side of links: takes connected WebSockets, does the hello under a deadline, and runs each link until its end. Guarantees
/// that nothing but a hello is read from a peer before it is admitted, that a refusal is typed, and that all heartbeats together keep the
/// budget (L3, L4). The host must have verified the client certificate and switched the WebSocket's own keep-alive off.
/// </summary>
public sealed class LinkAcceptor(
    NodeIdentity local, ILinkAdmission admission, PulseWheel wheel, LinkAcceptorOptions options, TimeProvider clock)
{
    private readonly HashSet<NodeLink> _links = [];
    private readonly Lock _gate = new();
    private int _unauthenticated;
    private int _count;
    private LinkEnd? _draining;
    private Func<TimeSpan>? _heartbeatNow;

    /// <summary>Asked of each link when it begins, and of all by <see cref="CutUnwelcome"/>: why it must end, or null (T6). What was found
    /// out while a link was being admitted ends it as well.</summary>
    public Func<NodeLink, Error?>? Unwelcome { get; init; }

    /// <summary>The node's own certificate, by which it proves itself to a peer that asks (T8); without it no proof is given.</summary>
    public Func<NodeCredential>? Own { get; init; }

    /// <summary>How many links are live.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Connections that have not been admitted yet.</summary>
    public int Unauthenticated => Volatile.Read(ref _unauthenticated);

    /// <summary>The interval that links are given now.</summary>
    public TimeSpan Heartbeat => HeartbeatPlanner.Interval(Count, options.Heartbeats);

    /// <summary>The live links, as of now.</summary>
    public IReadOnlyList<NodeLink> Links
    {
        get
        {
            lock (_gate)
            {
                return [.. _links];
            }
        }
    }

    /// <summary>Serves one connection to its end. Steps: 1 count it, 2 read the hello, 3 judge it, 4 welcome or refuse, 5 run the link.
    /// Never throws for what a peer does; the socket is closed afterwards.</summary>
    public async Task<LinkEnd> AcceptAsync(WebSocket socket, AcceptedPeer peer, CancellationToken cancellation = default)
    {
        var frames = new FrameSocket(socket, clock);
        var door = new LinkDoor(frames, options.Limits, clock);
        NodeLink? link = null;
        try
        {
            var refusal = Interlocked.Increment(ref _unauthenticated) > options.Limits.MaxUnauthenticated ? TooManyUnauthenticated() : _draining;
            if (refusal is null)
            {
                (link, refusal) = await AdmitAsync(frames, door, peer, cancellation).ConfigureAwait(false);
                // A link may live for months, and a certificate keeps kilobytes of what was read from it.
                (peer.Transport as IDisposable)?.Dispose();
            }

            if (link is null)
            {
                return await door.RefuseAsync(refusal!).ConfigureAwait(false);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _unauthenticated);
        }

        return await RunAsync(link).ConfigureAwait(false);
    }

    /// <summary>Tells a peer that TLS let in, but that is no node to talk to (no certificate, banned, expired, unknown), why, and closes.</summary>
    public async Task<LinkEnd> RefuseAsync(WebSocket socket, Error error, TimeSpan retryAfter = default)
    {
        var door = new LinkDoor(new FrameSocket(socket, clock), options.Limits, clock);
        return await door.RefuseAsync(new LinkEnd(LinkEndKind.ClosedHere, error, retryAfter)).ConfigureAwait(false);
    }

    /// <summary>Ends every link with a goodbye, and refuses new ones, for the program is stopping. Returns when all goodbyes are sent.</summary>
    public async Task DrainAsync(Error error, TimeSpan retryAfter)
    {
        Volatile.Write(ref _draining, new LinkEnd(LinkEndKind.ClosedHere, error, retryAfter));
        await Task.WhenAll(Links.Select(link => link.CloseAsync(error, retryAfter).AsTask())).ConfigureAwait(false);
    }

    /// <summary>Something has changed: matches every live link, and ends those that are not welcome any more. Does not wait for their goodbyes.</summary>
    public void CutUnwelcome()
    {
        foreach (var link in Links)
        {
            if (Unwelcome?.Invoke(link) is { } why)
            {
                _ = link.CloseAsync(why).AsTask();
            }
        }
    }

    private async ValueTask<(NodeLink? Link, LinkEnd? Refusal)> AdmitAsync(
        FrameSocket frames, LinkDoor door, AcceptedPeer peer, CancellationToken cancellation)
    {
        var (hello, fault) = await door.ReceiveHelloAsync(cancellation).ConfigureAwait(false);
        if (hello is null)
        {
            return (null, fault);
        }

        if (HelloJudge.Judge(hello, peer.Identity, local) is { } wrong)
        {
            return (null, new LinkEnd(LinkEndKind.Violation, wrong, TimeSpan.Zero));
        }

        var skew = LinkClock.Skew(hello.ClockUnixMs, clock);
        var decision = await DecideAsync(new LinkCandidate(peer.Identity, peer.Remote, hello, skew, peer.Transport), cancellation).ConfigureAwait(false);
        if (decision is AdmissionDecision.Refused refused)
        {
            return (null, new LinkEnd(LinkEndKind.ClosedHere, refused.Error, refused.RetryAfter));
        }

        var welcomed = (AdmissionDecision.Welcomed)decision;
        var heartbeat = Heartbeat;
        var broken = await door.SendAsync(new Envelope { Welcome = Welcome(welcomed, heartbeat, Prove(hello, peer)) }).ConfigureAwait(false);
        return broken is null ? (Link(frames, peer, hello, skew, welcomed, heartbeat), null) : (null, broken);
    }

    private async ValueTask<AdmissionDecision> DecideAsync(LinkCandidate candidate, CancellationToken cancellation)
    {
        try
        {
            return await admission.AdmitAsync(candidate, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return new AdmissionDecision.Refused(LinkErrors.Of(ErrorCodes.LinkClosing, "The server is stopping."));
        }
        catch (Exception fault)
        {
            admission.OnFault(candidate.Identity, fault);
            return new AdmissionDecision.Refused(
                LinkErrors.Of(ErrorCodes.InternalError, "The server could not decide on this link; its log has the reason."), options.RetryAfterFault);
        }
    }

    private ByteString Prove(Hello hello, AcceptedPeer peer) => hello.Nonce.Length == ServerProofs.NonceBytes && Own is not null
        ? ServerProofs.Sign(Own(), hello.Nonce.Span, peer.ServerCertificateHash).ToByteString()
        : ByteString.Empty;

    private Welcome Welcome(AdmissionDecision.Welcomed welcomed, TimeSpan heartbeat, ByteString proof)
    {
        var welcome = new Welcome
        {
            ProtocolVersion = LinkProtocol.Version,
            Identity = local.ToString(),
            ClockUnixMs = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            HeartbeatMs = (uint)heartbeat.TotalMilliseconds,
            LinkSecret = welcomed.LinkSecret,
            MaxFrameBytes = (uint)options.Limits.MaxFrameBytes,
            MaxInFlight = (uint)options.Limits.MaxInFlight,
            MaxStreams = (uint)options.Limits.MaxStreams,
            Fence = welcomed.Fence,
            Incarnation = welcomed.Incarnation,
            IncarnationNumber = welcomed.IncarnationNumber,
            Proof = proof,
        };
        welcome.Capabilities.AddRange(options.Capabilities);
        return welcome;
    }

    private NodeLink Link(FrameSocket frames, AcceptedPeer peer, Hello hello, TimeSpan skew, AdmissionDecision.Welcomed welcomed, TimeSpan heartbeat)
    {
        // A dialling node has said nothing of its limits: this version's are the same on both sides.
        var limits = options.Limits;
        var terms = new LinkTerms(false, heartbeat, limits.MaxFrameBytes, limits.MaxInFlight, limits.MaxStreams, welcomed.Fence)
        {
            HeartbeatNow = hello.Capabilities.Contains(Capabilities.HeartbeatReassigned) ? _heartbeatNow ??= () => Heartbeat : null,
        };
        var known = new LinkPeer(peer.Identity, peer.Remote, hello.SoftwareVersion, [.. hello.Capabilities], skew);
        return new NodeLink(frames, local, known, terms, welcomed.Handler, limits, wheel) { State = welcomed.State };
    }

    private async Task<LinkEnd> RunAsync(NodeLink link)
    {
        lock (_gate)
        {
            _links.Add(link);
            _count = _links.Count;
        }

        try
        {
            var running = link.RunAsync();
            if (Unwelcome?.Invoke(link) is { } why)
            {
                await link.CloseAsync(why).ConfigureAwait(false);
            }

            return await running.ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _links.Remove(link);
                _count = _links.Count;
            }
        }
    }

    private LinkEnd TooManyUnauthenticated() => new(
        LinkEndKind.ClosedHere,
        LinkErrors.Of(ErrorCodes.TooManyUnauthenticated, "Too many connections wait for admission; come back later."),
        options.RetryAfterFault);
}
