using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Hanse.Audit.Checkpoints;
using Hanse.Link;
using Hanse.Link.Accepting;
using Hanse.Link.Pulse;
using Hanse.Link.Serving;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Server.Hosting;
using Hanse.TestKit;
using Hanse.Trust.Dialing;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Site.Tests.Fixtures;

/// <summary>A coordinator as a site sees it, on real TLS: it keeps the rules of U1–U3 in memory, and loses answers or memory when told to.</summary>
internal sealed class FakeCoordinator(TestPki pki, string socketPath) : INodeServer, ILinkAdmission, ILinkHandler, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly PulseWheel _wheel = new(pki.Time);
    private readonly List<(ulong Sequence, Record Record)> _records = [];
    private WebApplication? _app;
    private LinkAcceptor? _acceptor;

    public NodeAddress Address { get; private set; } = null!;

    public ulong HighWater { get; set; }

    /// <summary>Records that it refuses (U3), by audit operation.</summary>
    public HashSet<string> Refused { get; } = [];

    public ConcurrentQueue<RecordBatch> Batches { get; } = [];

    public ConcurrentQueue<ByteString> Epochs { get; } = [];

    public ConcurrentQueue<AuditCosign> Checkpoints { get; } = [];

    public ConcurrentDictionary<string, StateEntry> States { get; } = [];

    /// <summary>How many answers to records are still to be lost after they were applied.</summary>
    public int AnswersToLose { get; set; }

    public NodeLink? Link { get; private set; }

    /// <summary>What the next hellos are refused with; null: they are welcome.</summary>
    public Error? Refusal { get; set; }

    /// <summary>What receipts ask a site to wait before its next batch (U7).</summary>
    public uint PauseMs { get; set; }

    /// <summary>Up to where a verified backup covers records (U4).</summary>
    public ulong BackedUp { get; set; }

    /// <summary>What batches of records are refused with; null: they are taken.</summary>
    public Error? NotTaking { get; set; }

    public ConcurrentQueue<SiteLeave> Leaves { get; } = [];

    /// <summary>The answer to a leaving site is lost after it was removed.</summary>
    public bool LeaveAnswerIsLost { get; set; }

    /// <summary>Each record as it was applied, in order.</summary>
    public IReadOnlyList<Record> Applied
    {
        get
        {
            lock (_gate)
            {
                return [.. _records.Select(r => r.Record)];
            }
        }
    }

    public bool IsReady => true;

    public LinkAcceptor Acceptor => _acceptor ??= new(
        NodeIdentity.ForCoordinator(pki.Federation), this, _wheel, new LinkAcceptorOptions(), pki.Time);

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenForRole(new IPEndPoint(IPAddress.Loopback, 0), socketPath, () => this));
        _app = builder.Build();
        _app.UseNodeServer(this);
        await _app.StartAsync();
        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(a => !a.Contains("unix"));
        Address = new NodeAddress("127.0.0.1", new Uri(address).Port);
    }

    public ValueTask<LinkResult<T>> AskAsync<T>(Method method, IMessage request) where T : class, IMessage<T>, new() =>
        Link!.RequestAsync<T>(method, request, TimeSpan.FromSeconds(30));

    public SslServerAuthenticationOptions Tls(string? serverName) => PeerTls.ForServer(pki.Coordinator, pki.Verifier());

    public bool IsLinkName(string? serverName) => serverName == pki.CoordinatorNames.LinkName;

    // The chain comes with the handshake, so any site of this federation will do.
    public PeerVerdict Verify(X509Certificate2? certificate) =>
        new PeerVerdict.Verified(CertificateNames.ReadIdentity(certificate!)!);

    public TrustSet Trust() => pki.Anchors.ToWire();

    public NodeCredential Own => pki.Coordinator;

    public NodeReply Challenge() => throw new NotSupportedException();

    /// <summary>The answer to a site that asks how its join would go; null: a coordinator that cannot be asked.</summary>
    public Func<JoinCheck, JoinCheckAnswer>? OnCheck { get; set; }

    public Task<NodeReply> CheckAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation) => Task.FromResult(OnCheck is { } answer
        ? NodeReply.Of(answer(JoinCheck.Parser.ParseFrom(body.Span)))
        : NodeReply.Refuse(404, ErrorCodes.NotFound, "not here"));

    public Task<NodeReply> JoinAsync(ReadOnlyMemory<byte> body, NodeCaller caller, CancellationToken cancellation) => throw new NotSupportedException();

    /// <summary>What it answers to a renewal.</summary>
    public Func<RenewRequest, NodeReply>? OnRenew { get; set; }

    public Task<NodeReply> RenewAsync(X509Certificate2? certificate, RenewRequest request, NodeCaller caller, CancellationToken cancellation) =>
        Task.FromResult(OnRenew!(request));

    public ConcurrentQueue<TrustReport> Reports { get; } = [];

    public ValueTask<AdmissionDecision> AdmitAsync(LinkCandidate candidate, CancellationToken cancellation)
    {
        Epochs.Enqueue(candidate.Hello.Epoch);
        return Refusal is { } refusal ? ValueTask.FromResult<AdmissionDecision>(new AdmissionDecision.Refused(refusal, TimeSpan.Zero))
            : ValueTask.FromResult<AdmissionDecision>(new AdmissionDecision.Welcomed(this) { Fence = (ulong)Epochs.Count });
    }

    public void OnFault(NodeIdentity peer, Exception fault) => throw fault;

    public void OnFault(NodeLink link, Method method, Exception fault) => throw fault;

    public void OnOpened(NodeLink link) => Link = link;

    public ValueTask OnEndedAsync(NodeLink link, LinkEnd end) => ValueTask.CompletedTask;

    public ValueTask<LinkReply> HandleAsync(LinkCall call, IMessage request, CancellationToken cancellation) => ValueTask.FromResult(request switch
    {
        RecordBatch { Records.Count: > 0 } when NotTaking is { } error => LinkReply.Refuse(error),
        RecordBatch batch => Take(call.Link, batch),
        StateBatch batch => Take(batch),
        SiteStatus => LinkReply.Done,
        SiteLeave leave => Take(call.Link, leave),
        TrustReport report => Take(report),
        AuditCosign question => LinkReply.Of(Cosign(question)),
        _ => throw new InvalidOperationException($"{call.Method}"),
    });

    public async ValueTask DisposeAsync()
    {
        await Acceptor.DrainAsync(LinkErrors.Of(ErrorCodes.LinkClosing, "The test is over."), TimeSpan.Zero);
        await _app!.DisposeAsync();
        _wheel.Dispose();
    }

    private LinkReply Take(NodeLink link, RecordBatch batch)
    {
        lock (_gate)
        {
            Batches.Enqueue(batch);
            var receipt = new RecordReceipt { Epoch = batch.Epoch };
            foreach (var (record, sequence) in batch.Records.Select((r, i) => (r, batch.FirstSequence + (ulong)i)))
            {
                if (sequence == HighWater + 1)
                {
                    HighWater = sequence;
                    _records.Add((sequence, record));
                }
            }

            receipt.HighWater = HighWater;
            (receipt.PauseMs, receipt.BackedUp) = (PauseMs, BackedUp);
            receipt.Refusals.AddRange(_records.Where(r => Refused.Contains(r.Record.Audit?.Operation ?? "") && !batch.ConfirmedRefusals.Contains(r.Sequence))
                .Select(r => new RecordRefusal { Sequence = r.Sequence, Code = ErrorCodes.RecordInvalid, Message = "no" }));
            if (batch.Records.Count > 0 && AnswersToLose > 0)
            {
                AnswersToLose--;
                _ = link.CloseAsync(LinkErrors.Of(ErrorCodes.LinkClosing, "The answer is lost.")).AsTask();
            }

            return LinkReply.Of(receipt);
        }
    }

    private LinkReply Take(NodeLink link, SiteLeave leave)
    {
        Leaves.Enqueue(leave);
        Refusal = LinkErrors.Of(ErrorCodes.Banned, "This site was removed.");
        if (LeaveAnswerIsLost)
        {
            _ = link.CloseAsync(LinkErrors.Of(ErrorCodes.LinkClosing, "The answer is lost.")).AsTask();
        }

        return LinkReply.Done;
    }

    private LinkReply Take(TrustReport report)
    {
        Reports.Enqueue(report);
        return LinkReply.Done;
    }

    /// <summary>As a coordinator that is content with every log.</summary>
    private AuditCosigned Cosign(AuditCosign question)
    {
        Checkpoints.Enqueue(question);
        Assert.True(SignedCheckpoint.TryParse(question.Note, out var signed));
        var answer = new AuditCosigned { Signature = NoteSigner.Sign(signed.Checkpoint, pki.Coordinator, pki.Time.GetUtcNow()).ToLine(), Held = question.Note };
        answer.Certificates.AddRange(SignerCertificates.Of(pki.Coordinator).ToDer().Select(ByteString.CopyFrom));
        return answer;
    }

    private LinkReply Take(StateBatch batch)
    {
        foreach (var entry in batch.Entries)
        {
            States.AddOrUpdate(
                entry.Key.ToBase64(), entry, (_, held) => held.Counter < entry.Counter ? entry : held);
        }

        return LinkReply.Of(new StateReceipt());
    }
}
