using Hanse.Bench.Gateway.Load;
using Hanse.Bench.Harness;
using Hanse.Protocol.Datagrams;

namespace Hanse.Bench.Gateway;

/// <summary>The cases that are a rate or a latency: in interleaved rounds, each case at all relays before the next.</summary>
internal sealed class Speed(Ground ground, List<Door> doors, TimeSpan window)
{
    private const int BulkConnections = 20;
    private const int Crowd = 100;
    private const int DialsAtOnce = 32;
    private const int Flows = 1_000;
    private const int DatagramsOfFlow = 150;

    /// <summary>What the kernel takes of a socket's buffer for one of these datagrams, measured; of the size that is granted it gives double.</summary>
    private const int BytesInBuffer = 922;

    /// <summary>The load lasts for so many full buffers at least: what only waits in one at the end would count as forwarded.</summary>
    private const int BuffersOfLoad = 10;
    private readonly Series _bulk = new("bulk, 20 connections × 64 KiB writes", "Gbit/s", moreIsBetter: true);
    private readonly Series _bulkCpu = new("– its processor time a gigabyte", "s/GB", moreIsBetter: false);
    private readonly Series _half = new("ping-pong of 64 bytes, 1 connection, p50", "µs", moreIsBetter: false);
    private readonly Series _most = new("ping-pong of 64 bytes, 1 connection, p99", "µs", moreIsBetter: false);
    private readonly Series _crowdHalf = new("ping-pong of 64 bytes, 100 connections, p50", "µs", moreIsBetter: false);
    private readonly Series _crowdMost = new("ping-pong of 64 bytes, 100 connections, p99", "µs", moreIsBetter: false);
    private readonly Series _dials = new("new routed connections", "/s", moreIsBetter: true);
    private readonly Series _dialCpu = new("– its processor time a connection", "µs", moreIsBetter: false);
    private readonly Series _offered = new("datagrams of 200 bytes from 1,000 flows, 150,000 a second wished, sent", "/s", moreIsBetter: true);
    private readonly Series _loss = new("– lost of them", "%", moreIsBetter: false);
    private readonly Series _datagramCpu = new("– its processor time a datagram", "µs", moreIsBetter: false);

    internal async Task RunAsync(int rounds, BenchTable table)
    {
        table.Note($"each relay gets {Doors.BufferGranted / 1048576.0:0.#} MiB of buffer for datagrams (net.core.rmem_max), {BufferMilliseconds:0} ms of the load, which lasts {DatagramMilliseconds} ms");
        // The first one warms up, and does not count.
        for (var round = -1; round < rounds; round++)
        {
            // Another one begins in each round.
            var order = doors.Select((_, i) => doors[(i + round + doors.Count) % doors.Count]).ToList();
            foreach (var one in new Func<int, Door, Task>[] { BulkAsync, PingPongAsync, CrowdAsync, DialsAsync, DatagramsAsync })
            {
                foreach (var door in order)
                {
                    await one(round, door);
                }
            }

            table.Note(round < 0 ? "warm" : $"round {round + 1} of {rounds}");
        }

        Print(table);
    }

    private void Print(BenchTable table)
    {
        _bulk.Print(table);
        _bulk.PrintRatio(table, 1.4);
        _bulkCpu.Print(table, 0.5);
        _bulkCpu.PrintRatio(table);
        foreach (var latency in new[] { _half, _most, _crowdHalf, _crowdMost })
        {
            latency.Print(table);
            latency.PrintRatio(table, 1.05);
        }

        _dials.Print(table);
        _dials.PrintRatio(table, 1);
        _dialCpu.Print(table);
        _dialCpu.PrintRatio(table);
        _offered.Print(table);
        _loss.Print(table, 0.1);
        _datagramCpu.Print(table);
    }

    private async Task BulkAsync(int round, Door door)
    {
        var cpu = door.CpuSeconds;
        var figures = await LoadProcess.RunAsync(LoadVerb.Bulk, door.Port, BulkConnections, Milliseconds);
        Add(_bulk, round, door, figures[0]);
        Add(_bulkCpu, round, door, (door.CpuSeconds - cpu) / figures[1]);
    }

    private Task PingPongAsync(int round, Door door) => PingPongAsync(round, door, 1, _half, _most);

    private Task CrowdAsync(int round, Door door) => PingPongAsync(round, door, Crowd, _crowdHalf, _crowdMost);

    private async Task PingPongAsync(int round, Door door, int connections, Series half, Series most)
    {
        var figures = await LoadProcess.RunAsync(LoadVerb.PingPong, door.Port, connections, Milliseconds);
        Add(half, round, door, figures[0]);
        Add(most, round, door, figures[1]);
    }

    private async Task DialsAsync(int round, Door door)
    {
        var cpu = door.CpuSeconds;
        var figures = await LoadProcess.RunAsync(LoadVerb.Connect, door.Port, DialsAtOnce, Milliseconds);
        if (figures[1] > 0)
        {
            throw new InvalidOperationException($"{door.Name} did not route {figures[1]} of the connections.");
        }

        Add(_dials, round, door, figures[0]);
        Add(_dialCpu, round, door, (door.CpuSeconds - cpu) * 1e6 / figures[2]);
    }

    private async Task DatagramsAsync(int round, Door door)
    {
        if (!door.Datagrams)
        {
            return;
        }

        var (before, cpu) = (await ground.CountedAsync(), door.CpuSeconds);
        var figures = await LoadProcess.RunAsync(LoadVerb.Datagrams, door.Port, Flows, DatagramMilliseconds, DatagramsOfFlow, RouteId.Of(Doors.Site));
        var arrived = await ground.CountedAsync() - before;
        Add(_offered, round, door, figures[1]);
        Add(_loss, round, door, 100 * (1 - (arrived / figures[0])));
        Add(_datagramCpu, round, door, (door.CpuSeconds - cpu) * 1e6 / figures[0]);
    }

    private static double BufferMilliseconds => 1000.0 * Doors.BufferGranted * 2 / BytesInBuffer / (Flows * DatagramsOfFlow);

    private int DatagramMilliseconds => Math.Max(Milliseconds, (int)(BuffersOfLoad * BufferMilliseconds));

    private int Milliseconds => (int)window.TotalMilliseconds;

    private static void Add(Series series, int round, Door door, double value)
    {
        if (round >= 0)
        {
            series.Add(round, door.Name, value);
        }
    }
}
