using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Dialing;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Tests.Joining;

/// <summary>Just enough of a server on the link name: real TLS, one request after the other, each answered by what the test says.</summary>
internal sealed class FakeLinkServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly NodeCredential _credential;
    private readonly PeerVerifier _verifier;
    private readonly Func<FakeRequest, IMessage> _answer;
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;

    public FakeLinkServer(NodeCredential credential, PeerVerifier verifier, Func<FakeRequest, IMessage> answer)
    {
        (_credential, _verifier, _answer) = (credential, verifier, answer);
        Clock = verifier.Time;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>What its Date header tells.</summary>
    public TimeProvider Clock { get; set; }

    public List<FakeRequest> Requests { get; } = [];

    public NodeAddress Address => new("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await Wait.ForTask("the fake server to stop", Task.WhenAll([_accepting, .. _connections]));
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await tls.AuthenticateAsServerAsync(PeerTls.ForServer(_credential, _verifier), _stop.Token);
            while (await ReadAsync(tls) is { } request)
            {
                Requests.Add(request);
                await WriteAsync(tls, _answer(request));
            }
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException)
        {
            // The client refused this server or went away: what the tests are about.
        }
    }

    private async Task<FakeRequest?> ReadAsync(SslStream tls)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await tls.ReadAsync(one, _stop.Token) == 0)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        var lines = head.ToString().Split("\r\n");
        var length = lines.FirstOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) is { } line
            ? int.Parse(line[15..], CultureInfo.InvariantCulture)
            : 0;
        var body = new byte[length];
        await tls.ReadExactlyAsync(body, _stop.Token);
        var words = lines[0].Split(' ');
        return new FakeRequest(words[0], words[1], body, tls.RemoteCertificate as X509Certificate2, _credential.LeafHash);
    }

    private async Task WriteAsync(SslStream tls, IMessage answer)
    {
        var body = answer.ToByteArray();
        var status = answer is Error ? "403 Forbidden" : "200 OK";
        var head = $"HTTP/1.1 {status}\r\nDate: {Clock.GetUtcNow():r}\r\nContent-Type: {JoinPaths.ContentType}\r\nContent-Length: {body.Length}\r\n\r\n";
        await tls.WriteAsync(Encoding.ASCII.GetBytes(head), _stop.Token);
        await tls.WriteAsync(body, _stop.Token);
    }
}

/// <summary>A request as the fake server got it.</summary>
internal sealed record FakeRequest(string Method, string Path, byte[] Body, X509Certificate2? Client, byte[] TlsCertificateHash);
