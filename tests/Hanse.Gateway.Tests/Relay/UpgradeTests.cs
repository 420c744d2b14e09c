using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Hanse.Gateway.Takeover;
using Hanse.TestKit;
using Hanse.TestKit.Hellos;

namespace Hanse.Gateway.Tests.Relay;

/// <summary>Real processes, upgraded under live numbered streams.</summary>
public sealed partial class UpgradeTests : IDisposable
{
    private const int Count = 100;
    private const int Continue = 18;
    private const int Stop = 19;
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

    /// <summary>SIGKILL for a newcomer that was given something, before it could say that it has all.</summary>
    [Fact]
    public async Task Given_live_streams_When_the_newcomer_is_killed_in_the_middle_Then_the_old_one_goes_on_and_none_is_dropped()
    {
        using var backend = new Backend().Echoing();
        await WriteRoutesAsync(backend);
        await InTheMiddleAsync(async (gateway, newcomer, door, streams) =>
        {
            newcomer.Process.Kill();
            await newcomer.EndedAsync();
            await Wait.For("the old one goes on, or had given all", () => gateway.Output.Contains("\"takeover-failed\"", StringComparison.Ordinal) || HasGivenAll(gateway), found: () => gateway.Output);
            if (HasGivenAll(gateway))
            {
                return false;
            }

            await MoreRoundsAsync(streams);
            using var late = await OpenAsync(door);
            await _stop.CancelAsync();
            await Wait.ForTask("every stream ends as it should", Task.WhenAll(streams));
            return true;
        });
    }

    /// <summary>SIGKILL for the old one in the middle ends its connections, as it does at any other time. The newcomer says so and ends, and the next start relays.</summary>
    [Fact]
    public async Task Given_a_takeover_When_the_old_one_is_killed_in_the_middle_Then_the_newcomer_ends_and_the_next_start_relays()
    {
        using var backend = new Backend().Echoing();
        await WriteRoutesAsync(backend);
        await InTheMiddleAsync(async (gateway, newcomer, door, streams) =>
        {
            gateway.Process.Kill();
            await gateway.EndedAsync();
            Signal(newcomer, Continue);
            if (HasGivenAll(gateway))
            {
                return false;
            }

            await newcomer.EndedAsync();
            Assert.Equal(1, newcomer.Process.ExitCode);
            Assert.Contains("hanse-gateway: The running gateway", newcomer.Output, StringComparison.Ordinal);
            await Wait.For("every stream is cut", () => streams.All(s => s.IsFaulted));
            await using var next = await StartedAsync(door, "--takeover"); // over the socket that the dead one left
            using var later = await OpenAsync(door);
            return true;
        });
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

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);

    private static void Signal(RealProcess process, int signal) => Assert.Equal(0, SendSignal(process.Process.Id, signal));

    private Task WriteRoutesAsync(Backend backend) =>
        File.WriteAllTextAsync(_folder.File("r.yaml"), $"routes: [{{name: a, serverNames: [a.test], addresses: ['{backend.Address}']}}]\n");

    private RealProcess Start(System.Net.IPEndPoint door, params string[] more) => RealProcess.Start(
        RealProcess.Program("hanse-gateway"), ["run", "--routes", _folder.File("r.yaml"), "--listen", door.ToString(), "--workers", "2", "--takeover-socket", _folder.File("t.sock"), .. more]);

    private async Task<RealProcess> StartedAsync(System.Net.IPEndPoint door, params string[] more)
    {
        var gateway = Start(door, more);
        await Wait.For("it runs", () => gateway.Output.Contains("\"started\"", StringComparison.Ordinal), found: () => gateway.Output);
        return gateway;
    }

    /// <summary>Has a newcomer take over from a gateway with live streams, and stops it once it was given something. Whether that was before its last word shows afterwards;
    /// where it was not, it begins anew.</summary>
    private async Task InTheMiddleAsync(Func<RealProcess, RealProcess, System.Net.IPEndPoint, IReadOnlyList<Task>, Task<bool>> then)
    {
        for (var attempt = 0; attempt < 10; attempt++)
        {
            var door = Ports.Free();
            await using var gateway = await StartedAsync(door);
            var streams = (await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => OpenAsync(door)))).Select(CountAsync).ToList();
            await MoreRoundsAsync(streams);
            var before = SocketsOf(gateway);
            await using var newcomer = Start(door, "--takeover");
            await Task.Run(() =>
            {
                while (!SocketsOf(newcomer).Overlaps(before))
                {
                    // At once, or it is over.
                }

                Signal(newcomer, Stop);
            });
            if (await then(gateway, newcomer, door, streams))
            {
                return;
            }
        }

        Assert.Fail("In ten attempts the newcomer was always quicker than the signal.");
    }

    private static bool HasGivenAll(RealProcess gateway) => gateway.Output.Contains("\"handed-over\"", StringComparison.Ordinal);

    /// <summary>Those that a process has open, by the kernel's number.</summary>
    private static HashSet<string> SocketsOf(RealProcess process)
    {
        var folder = new DirectoryInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Process.Id}/fd"));
        return [.. folder.EnumerateFileSystemInfos().Select(f => f.LinkTarget).OfType<string>().Where(l => l.StartsWith("socket:", StringComparison.Ordinal))];
    }

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
