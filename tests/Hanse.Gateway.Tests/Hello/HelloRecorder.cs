using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.RegularExpressions;
using Hanse.TestKit;
using Hanse.TestKit.Hellos;

namespace Hanse.Gateway.Tests.Hello;

/// <summary>A server that hears what clients say first, and nothing else: it ends each connection then.</summary>
internal sealed partial class HelloRecorder : IDisposable
{
    private const int MostBytes = 65536;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    internal HelloRecorder() => _listener.Start();

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The hello of a program; null when this machine does not have it.</summary>
    internal async Task<RecordedHello?> RecordAsync(RecordedProgram program)
    {
        if (Environment.GetEnvironmentVariable("PATH")!.Split(':').All(f => !File.Exists(Path.Combine(f, program.Program))))
        {
            return null;
        }

        using var folder = new TestFolder();
        var arguments = program.Arguments.Replace("NAME", $"{program.Key}.corpus.test", StringComparison.Ordinal);
        var command = arguments.Replace("PORT", Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace("FOLDER", folder.Path, StringComparison.Ordinal);
        await using var client = RealProcess.Start("sh", "", ["-c", $"exec {program.Program} {command}"], ("LC_ALL", "C.UTF-8"));
        var wire = await HearAsync(program.Name);
        await client.StopAsync();
        var (_, version) = await RealProcess.RunAsync("sh", "", "-c", $"{program.Program} {program.VersionArguments}");
        return new RecordedHello(program.Key, version.Split('\n', '(')[0].Trim(), $"{program.Program} {Shortened().Replace(arguments, "$1,…")}", program.Name, wire);
    }

    /// <summary>What SslStream says with these options.</summary>
    internal async Task<RecordedHello> RecordAsync(string key, string name, string told, SslClientAuthenticationOptions options)
    {
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)_listener.LocalEndpoint);
        await using var tls = new SslStream(client.GetStream());
        var handshake = tls.AuthenticateAsClientAsync(options);
        var wire = await HearAsync(name);
        await Assert.ThrowsAnyAsync<IOException>(() => handshake);
        return new RecordedHello(key, $".NET {Environment.Version}", $"SslStream {told}", name, wire);
    }

    /// <summary>The variants of SslStream.</summary>
    internal async Task<IReadOnlyList<RecordedHello>> RecordSslStreamAsync() =>
    [
        await RecordAsync("dotnet-default", "dotnet-default.corpus.test", "TargetHost", new() { TargetHost = "dotnet-default.corpus.test" }),
        await RecordAsync("dotnet-tls12", "dotnet-tls12.corpus.test", "Tls12", new() { TargetHost = "dotnet-tls12.corpus.test", EnabledSslProtocols = SslProtocols.Tls12 }),
        await RecordAsync("dotnet-tls13", "dotnet-tls13.corpus.test", "Tls13", new() { TargetHost = "dotnet-tls13.corpus.test", EnabledSslProtocols = SslProtocols.Tls13 }),
        await RecordAsync(
            "dotnet-alpn", "dotnet-alpn.corpus.test", "Http2, Http11, AllowTlsResume = false",
            new() { TargetHost = "dotnet-alpn.corpus.test", ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11], AllowTlsResume = false }),
        await RecordAsync("dotnet-upper", "dotnet-upper.corpus.test", "TargetHost in upper case with a trailing dot", new() { TargetHost = "DOTNET-UPPER.CORPUS.TEST." }),
        await RecordAsync("dotnet-idna", "xn--mnchen-3ya.corpus.test", "TargetHost with an international label", new() { TargetHost = "münchen.corpus.test" }),
        await RecordAsync("dotnet-address", "", "TargetHost is an address", new() { TargetHost = "127.0.0.1" }),
    ];

    public void Dispose() => _listener.Dispose();

    [GeneratedRegex("(protocol-10[^, ]*),[^ ]*")]
    private static partial Regex Shortened();

    /// <summary>The first hello with this name. A browser may say others before, of its own.</summary>
    private async Task<byte[]> HearAsync(string name)
    {
        while (true)
        {
            using var client = await Wait.ForTask("a client", _listener.AcceptSocketAsync());
            var (buffer, count) = (new byte[MostBytes], 0);
            while (SlowHelloReader.Read(buffer.AsSpan(0, count)).Kind == SlowHelloReader.Kind.Incomplete)
            {
                var read = await Wait.ForTask("more of a hello", client.ReceiveAsync(buffer.AsMemory(count)).AsTask());
                Assert.True(read > 0, $"{name}: a client left in the middle of its hello");
                count += read;
            }

            var (kind, said) = SlowHelloReader.Read(buffer.AsSpan(0, count));
            Assert.Equal(SlowHelloReader.Kind.Complete, kind);
            if (NormalForm(said) == name)
            {
                return buffer[..SlowHelloReader.LengthOf(buffer[..count])];
            }
        }
    }

    /// <summary>By hand, not by the gateway's code, which is what the corpus judges.</summary>
    private static string NormalForm(string said)
    {
        var name = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.Latin1.GetBytes(said)).TrimEnd('.').ToLowerInvariant();
        return name.Length == 0 ? "" : new IdnMapping().GetAscii(name);
    }
}
