using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Hanse.Gateway.Takeover;
using Hanse.TestKit;
using Hanse.TestKit.Hellos;

namespace Hanse.Gateway.Tests.Relay;

/// <summary>Real processes, upgraded under live numbered streams.</summary>
public sealed partial class UpgradeTests : IDisposable
{
    private const int Count = 100;
    private static readonly byte[] Hello = HelloBytes.Make("a.test", 200);
    private readonly TestFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();
    private long _rounds;

    [Fact]
    public async Task Given_live_streams_When_upgraded_twice_and_once_in_vain_Then_none_is_dropped()
    {
        using var backend = new Backend().Echoing();
        await File.WriteAllTextAsync(_folder.File("r.yaml"), $"routes: [{{name: a, serverNames: [a.test], addresses: ['{backend.Address}']}}]\n");
        var door = Ports.Free();
        var path = _folder.File("t.sock");
        await using var gateway = RealProcess.Start(
            RealProcess.Program("hanse-gateway"), "run", "--routes", _folder.File("r.yaml"), "--listen", door.ToString(), "--workers", "2", "--takeover-socket", path);
        await Wait.For("it runs", () => gateway.Output.Contains("\"started\"", StringComparison.Ordinal), found: () => gateway.Output);
        var sockets = await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => OpenAsync(door)));
        var streams = sockets.Select(CountAsync).ToList();
        var pid = gateway.Process.Id;
        var successors = new List<int>();
        try
        {
            for (var upgrade = 0; upgrade < 2; upgrade++)
            {
                await MoreRoundsAsync(streams);
                using (var vain = await Task.Run(() => TakenOver.Ask(path, TimeSpan.FromSeconds(5))))
                {
                    Assert.Equal(Count, vain!.Connections.Count);
                }

                await MoreRoundsAsync(streams);
                await SignalAsync(pid, "-USR2");
                await Wait.For("the next one has taken over", () => Started().Count(gateway.Output) == upgrade + 1 && Taken().Count(gateway.Output) == upgrade + 1, found: () => gateway.Output);
                pid = int.Parse(Started().Matches(gateway.Output)[upgrade].Groups[1].ValueSpan, CultureInfo.InvariantCulture);
                successors.Add(pid);
            }

            await MoreRoundsAsync(streams);
            // Not until its output ends: that is its successors' too.
            await Wait.For("the first process has ended", () => gateway.Process.HasExited);
            Assert.Equal(0, gateway.Process.ExitCode);
            await _stop.CancelAsync();
            await Wait.ForTask("every stream ends as it should", Task.WhenAll(streams));
            using var late = await OpenAsync(door);
        }
        finally
        {
            foreach (var successor in successors)
            {
                await SignalAsync(successor, "-TERM");
            }
        }
    }

    public void Dispose()
    {
        _stop.Dispose();
        _folder.Dispose();
    }

    [GeneratedRegex("\"upgrading\".*\"process\":\"([0-9]+)\"")]
    private static partial Regex Started();

    [GeneratedRegex("\"taken-over\".*\"connections\":\"100\"")]
    private static partial Regex Taken();

    private static async Task<Socket> OpenAsync(System.Net.IPEndPoint door)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(door);
        await socket.SendAsync(Hello);
        Assert.Equal(Hello, await socket.ReadExactlyAsync(Hello.Length));
        return socket;
    }

    private static async Task SignalAsync(int pid, string signal)
    {
        using var kill = Process.Start("kill", [signal, pid.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Sends number after number, each when the one before has come back.</summary>
    private async Task CountAsync(Socket socket)
    {
        using (socket)
        {
            var number = new byte[4];
            for (var i = 0; !_stop.IsCancellationRequested; i++)
            {
                BinaryPrimitives.WriteInt32BigEndian(number, i);
                await socket.SendAsync(number);
                Assert.Equal(number, await socket.ReadExactlyAsync(4));
                Interlocked.Increment(ref _rounds);
            }
        }
    }

    private async Task MoreRoundsAsync(IReadOnlyList<Task> streams)
    {
        var before = Interlocked.Read(ref _rounds);
        await Wait.For("the streams go on", () => streams.Any(s => s.IsFaulted) || Interlocked.Read(ref _rounds) > before + (5 * Count));
        await Task.WhenAll(streams.Where(s => s.IsFaulted));
    }
}
