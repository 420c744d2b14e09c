using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Hanse.Agent.Data;
using Hanse.Link;
using Hanse.Link.Accepting;
using Hanse.Link.Pulse;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Dialing;
using Hanse.Trust.Joining;
using Hanse.Trust.Verification;

namespace Hanse.Agent.Tests.Link;

/// <summary>A site on loopback over real TCP, TLS and links, which keeps what agents tell in memory as a site would in its database: sections by
/// hash, outcomes, output by offset, and the link secrets of J5.</summary>
internal sealed class FakeSite : ILinkAdmission, ILinkHandler, IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TestPki _pki = new(TimeProvider.System);
    private readonly TestSitePki _site;
    private readonly PulseWheel _wheel = new(TimeProvider.System);
    private readonly LinkAcceptor _acceptor;
    private readonly Lock _gate = new();

    internal FakeSite()
    {
        _site = _pki.AddSite("north.example");
        _acceptor = new LinkAcceptor(_site.Credential.Identity, this, _wheel, new LinkAcceptorOptions(), TimeProvider.System);
        _listener.Start();
        Metrics = new FakeMetrics((IPEndPoint)_listener.LocalEndpoint);
        _ = ServeAsync();
    }

    internal ConcurrentDictionary<string, Section> Sections { get; } = new(StringComparer.Ordinal);

    /// <summary>Beside it, on the same port number.</summary>
    internal FakeMetrics Metrics { get; }

    internal ConcurrentQueue<InventoryReport> Reports { get; } = [];

    internal ConcurrentDictionary<CommandId, ExecutionReport> Executions { get; } = [];

    internal ConcurrentQueue<string> SecretsShown { get; } = [];

    internal string Output { get; private set; } = "";

    /// <summary>How often somebody has connected.</summary>
    internal int Connections { get; private set; }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    internal NodeLink? Link => _acceptor.Links.Count > 0 ? _acceptor.Links[0] : null;

    /// <summary>Makes the folder of an agent that has joined this site.</summary>
    /// <param name="folder">Of the agent.</param>
    /// <param name="port">Where it finds the site; null: the site's own.</param>
    internal void Join(string folder, int? port = null)
    {
        var host = HostId.New();
        AgentIdentity.Save(new AgentFolder(folder), new AgentJoinOutcome.Joined
        {
            Federation = _pki.Federation,
            Site = _site.Id,
            Host = host,
            Credential = _site.AddAgent(host),
            Trust = _pki.Anchors,
            ServerName = _site.Names.LinkName,
            Addresses = [new NodeAddress("127.0.0.1", port ?? Port)],
        });
    }

    internal async Task<LinkResult<ExecutionReport>> OfferAsync(ExecutionOffer offer)
    {
        var result = await Link!.RequestAsync<ExecutionReport>(Method.ExecutionOffer, offer, TimeSpan.FromSeconds(10));
        if (result.Succeeded)
        {
            Executions.TryAdd(CommandId.FromBytes(offer.CommandId.Span), result.Value);
        }

        return result;
    }

    internal async Task<ExecutionReport> OutcomeAsync(CommandId id)
    {
        await Wait.For($"the outcome of {id}", () => Executions.TryGetValue(id, out var report) && report.State.IsOutcome());
        return Executions[id];
    }

    public ValueTask<AdmissionDecision> AdmitAsync(LinkCandidate candidate, CancellationToken cancellation)
    {
        SecretsShown.Enqueue(candidate.Hello.LinkSecret.ToStringUtf8());
        return ValueTask.FromResult<AdmissionDecision>(
            new AdmissionDecision.Welcomed(this) { LinkSecret = ByteString.CopyFromUtf8($"secret {SecretsShown.Count}") });
    }

    public void OnFault(NodeIdentity peer, Exception fault) => throw fault;

    public void OnFault(NodeLink link, Method method, Exception fault) => throw fault;

    public void OnOpened(NodeLink link)
    {
    }

    public ValueTask OnEndedAsync(NodeLink link, LinkEnd end) => ValueTask.CompletedTask;

    public ValueTask<LinkReply> HandleAsync(LinkCall call, IMessage request, CancellationToken cancellation) => ValueTask.FromResult(request switch
    {
        InventoryReport report => LinkReply.Of(Receive(report)),
        ExecutionReport report => LinkReply.Of(Receive(report)),
        OutputReport report => LinkReply.Of(Receive(report)),
        MetricsKeyRequest => LinkReply.Of(Metrics.GiveKey(call.Link.PeerIdentity.Host!.Value)),
        MetricsReport report => LinkReply.Of(Metrics.Receive(report)),
        _ => throw new InvalidOperationException($"{call.Method}"),
    });

    public void Dispose()
    {
        _listener.Dispose();
        Metrics.Dispose();
        _wheel.Dispose();
    }

    private InventoryReceipt Receive(InventoryReport report)
    {
        Reports.Enqueue(report);
        foreach (var section in report.Sections)
        {
            Assert.Equal(section.Error.Length > 0 ? section.Hash : ByteString.CopyFrom(SHA256.HashData(section.Body.Span)), section.Hash);
            Sections[section.Name] = section;
        }

        var receipt = new InventoryReceipt();
        receipt.Wanted.AddRange(report.Unchanged.Where(u => !Sections.TryGetValue(u.Name, out var held) || held.Hash != u.Hash).Select(u => u.Name));
        return receipt;
    }

    private ExecutionReceipt Receive(ExecutionReport report)
    {
        Executions[CommandId.FromBytes(report.CommandId.Span)] = report;
        return new ExecutionReceipt { State = report.State };
    }

    private OutputReceipt Receive(OutputReport report)
    {
        var receipt = new OutputReceipt();
        lock (_gate)
        {
            foreach (var chunk in report.Chunks)
            {
                Output = chunk.Offset == (ulong)Output.Length ? Output + chunk.Data.ToStringUtf8() : Output;
                receipt.Offsets.Add(new OutputOffset { CommandId = chunk.CommandId, Stream = chunk.Stream, Acknowledged = (ulong)Output.Length });
            }
        }

        return receipt;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                Connections++;
                _ = ServeOneAsync(client);
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeOneAsync(TcpClient client)
    {
        try
        {
            var stream = new SslStream(client.GetStream());
            var verifier = _pki.Verifier();
            await stream.AuthenticateAsServerAsync(PeerTls.ForServer(_site.Credential, verifier));
            await UpgradeAsync(stream);
            var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true, SubProtocol = LinkProtocol.SubProtocol });
            var verdict = verifier.Verify(stream.RemoteCertificate as X509Certificate2, PeerExpectation.AgentsOf(_site.Id));
            await _acceptor.AcceptAsync(socket, new AcceptedPeer(((PeerVerdict.Verified)verdict).Identity, null));
        }
        catch (Exception failed) when (failed is IOException or AuthenticationException)
        {
            client.Dispose();
        }
    }

    private static async Task UpgradeAsync(SslStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var key = "";
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            key = line.StartsWith("Sec-WebSocket-Key: ", StringComparison.Ordinal) ? line["Sec-WebSocket-Key: ".Length..] : key;
        }

#pragma warning disable CA5350 // RFC 6455 prescribes SHA-1 here.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        var response = $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
            + $"Sec-WebSocket-Protocol: {LinkProtocol.SubProtocol}\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(response));
    }
}
