using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Hanse.TestKit;

namespace Hanse.Trust.Tests.Verification;

/// <summary>One TLS handshake over loopback, with what each side saw. An exchange of a byte each way follows, because under TLS 1.3 a server's
/// refusal reaches the client only after its own handshake.</summary>
internal static class TlsPair
{
    public static async Task<TlsResult> ConnectAsync(SslClientAuthenticationOptions client, SslServerAuthenticationOptions server)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = listener.AcceptTcpClientAsync();
        using var near = new TcpClient();
        await near.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var far = await accepting;
        await using var clientStream = new SslStream(near.GetStream());
        var counter = new CountingStream(far.GetStream());
        await using var serverStream = new SslStream(counter);
        var serverSide = RunAsync(serverStream, s => s.AuthenticateAsServerAsync(server));
        var clientSide = RunAsync(clientStream, s => s.AuthenticateAsClientAsync(client));
        await Wait.ForTask("both sides of the handshake", Task.WhenAll(serverSide, clientSide));
        var shown = await serverSide is null ? serverStream.RemoteCertificate as X509Certificate2 : null;
        return new TlsResult(await clientSide, await serverSide, shown is null ? null : X509CertificateLoader.LoadCertificate(shown.RawData), counter.Written) { Kept = shown };
    }

    private static async Task<string?> RunAsync(SslStream stream, Func<SslStream, Task> authenticate)
    {
        try
        {
            await authenticate(stream);
            await stream.WriteAsync(new byte[] { 1 });
            return await stream.ReadAsync(new byte[1]) == 1 ? null : "closed";
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            stream.Close();
            return e.Message;
        }
    }
}

/// <summary>Null failures mean success.</summary>
internal sealed record TlsResult(string? ClientFailure, string? ServerFailure, X509Certificate2? ClientCertificate, long BytesFromServer)
{
    /// <summary>The server's own object of the client's certificate: to be compared, not to be used.</summary>
    public X509Certificate2? Kept { get; init; }

    public bool Succeeded => ClientFailure is null && ServerFailure is null;
}
