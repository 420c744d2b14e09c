using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Hanse.Server.Cli.Gateways;

/// <summary>One TLS handshake with whatever is behind a door, which trusts nobody and sends nothing: it only looks.</summary>
internal sealed class DoorHandshake : IAsyncDisposable
{
    private DoorHandshake(SslStream stream) => Stream = stream;

    /// <summary>Of use only where <see cref="Fault"/> is null.</summary>
    public SslStream Stream { get; }

    public DoorAnswer Answer { get; private set; } = new(FirstWord.Silence);

    /// <summary>Null where none was shown.</summary>
    public ShownCertificate? Shown { get; private set; }

    /// <summary>Why the handshake did not end well; null if it did.</summary>
    public string? Fault { get; private set; }

    /// <param name="connected">Owned by the handshake from now on.</param>
    /// <param name="serverName">To ask for.</param>
    /// <param name="patience">For the whole handshake.</param>
    /// <param name="clock">Counts it.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<DoorHandshake> RunAsync(Socket connected, string serverName, TimeSpan patience, TimeProvider clock, CancellationToken cancellation)
    {
        var transport = new ListeningStream(connected);
        var handshake = new DoorHandshake(new SslStream(transport));
        using var late = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        var broken = FirstWord.Silence;
        try
        {
            await handshake.Stream.AuthenticateAsClientAsync(handshake.Options(serverName), either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            handshake.Fault = $"the handshake did not end within {patience.TotalSeconds:0} s";
        }
        catch (Exception failed) when (failed is AuthenticationException or IOException)
        {
            handshake.Fault = failed.InnerException?.Message ?? failed.Message;
            broken = IsReset(failed) ? FirstWord.Reset : FirstWord.End;
        }
        catch
        {
            await handshake.DisposeAsync();
            throw;
        }

        handshake.Answer = DoorAnswer.Of(transport.First) ?? new(broken);
        return handshake;
    }

    public ValueTask DisposeAsync() => Stream.DisposeAsync();

    private SslClientAuthenticationOptions Options(string serverName) => new()
    {
        TargetHost = serverName,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        AllowTlsResume = false,
        CertificateChainPolicy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true },
        RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            Shown = certificate is null ? null : new(
                X509CertificateLoader.LoadCertificate(certificate.GetRawCertData()),
                [.. (chain?.ChainPolicy.ExtraStore ?? []).Select(c => X509CertificateLoader.LoadCertificate(c.RawData))], errors == SslPolicyErrors.None);
            return true;
        },
    };

    private static bool IsReset(Exception failed) =>
        failed is SocketException { SocketErrorCode: SocketError.ConnectionReset } || (failed.InnerException is { } inner && IsReset(inner));

    /// <summary>Remembers the first bytes that came in.</summary>
    private sealed class ListeningStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        private const int Enough = 64;
        private readonly List<byte> _first = [];

        public byte[] First => [.. _first];

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await base.ReadAsync(buffer, cancellationToken);
            _first.AddRange(buffer[..Math.Min(count, Enough - _first.Count)].ToArray());
            return count;
        }
    }
}
