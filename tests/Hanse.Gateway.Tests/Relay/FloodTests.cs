using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Hanse.TestKit;
using Hanse.TestKit.Hellos;

namespace Hanse.Gateway.Tests.Relay;

/// <summary>Ten thousand clients of a real gateway that say nothing, or a part of their hello, from many addresses.</summary>
public sealed class FloodTests : IDisposable
{
    private const int Flood = 10_000;
    private const int Sources = 40;

    /// <summary>More than a gateway at rest has open.</summary>
    private const int Few = 200;
    private static readonly byte[] Hello = HelloBytes.Make("a.test", 1500);
    private readonly TestFolder _folder = new();
    private readonly List<Socket> _held = [];

    [Fact]
    public async Task Half_open_flood_costs_little_memory_and_others_get_through_meanwhile()
    {
        using var backend = new Backend().Echoing();
        await File.WriteAllTextAsync(_folder.File("r.yaml"), $"routes: [{{name: a, serverNames: [a.test], addresses: ['{backend.Address}']}}]\n");
        var door = Ports.Free();
        await using var gateway = RealProcess.Start(
            RealProcess.Program("hanse-gateway"), "run", "--routes", _folder.File("r.yaml"), "--listen", door.ToString(), "--takeover-socket", _folder.File("t.sock"));
        await Wait.For("it runs", () => gateway.Output.Contains("\"started\"", StringComparison.Ordinal), found: () => gateway.Output);
        using var before = await OpenAsync(door);

        // Once, so that everything is compiled and every buffer is there.
        await HoldAsync(door, 1000);
        await Wait.For("it has had the first thousand", () => Descriptors(gateway) > 500);
        Release();
        await Wait.For("they are forgotten", () => Descriptors(gateway) < Few);
        var idle = Descriptors(gateway);
        var at = Memory(gateway);

        var (most, memory) = (0, 0L);
        for (var opened = 0; opened < Flood; opened += 500)
        {
            await HoldAsync(door, 500);
            using var ordinary = await OpenAsync(door);
            await EchoAsync(before);
            var now = Descriptors(gateway) - idle;
            (most, memory) = now > most ? (now, Memory(gateway) - at) : (most, memory);
        }

        TestContext.Current.SendDiagnosticMessage($"{most} held, {memory} bytes more, {memory / most} each");
        Assert.True(most > 1000, $"only {most} were held at a time");
        Assert.True(memory <= 256 * most, $"{most} silent clients took {memory} bytes: {memory / most} each");
        Release();
        await Wait.For("all are forgotten", () => Descriptors(gateway) < Few);
        await EchoAsync(before);
    }

    public void Dispose()
    {
        Release();
        _folder.Dispose();
    }

    private static int Descriptors(RealProcess process) => Directory.GetFiles(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Process.Id}/fd")).Length;

    /// <summary>Bytes of its own that are in memory.</summary>
    private static long Memory(RealProcess process)
    {
        var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Process.Id}/status")).Single(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
    }

    private static async Task<Socket> OpenAsync(IPEndPoint door)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await Wait.ForTask("a connection", socket.ConnectAsync(door));
        await socket.SendAsync(Hello);
        Assert.Equal(Hello, await socket.ReadExactlyAsync(Hello.Length));
        return socket;
    }

    private static async Task EchoAsync(Socket socket)
    {
        await socket.SendAsync("on"u8.ToArray());
        Assert.Equal("on"u8.ToArray(), await socket.ReadExactlyAsync(2));
    }

    private async Task HoldAsync(IPEndPoint door, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new LingerOption(true, 0) };
            _held.Add(socket);
            socket.Bind(new IPEndPoint(IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"127.9.0.{(_held.Count % Sources) + 1}")), 0));
            await socket.ConnectAsync(door);
            _ = socket.Send(Hello.AsSpan(0, i % 1400), SocketFlags.None, out _); // it may be gone by now
        }
    }

    private void Release()
    {
        _held.ForEach(s => s.Dispose());
        _held.Clear();
    }
}
