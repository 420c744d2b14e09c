using System.Buffers.Binary;
using System.Text;
using Hanse.Agent.Metrics;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Agent.Tests.Metrics;

/// <summary>The figures of a machine whose kernel says what a test wants, and of this one.</summary>
public sealed class MachineMetricsTests : IDisposable
{
    private static readonly HashSet<MetricsPart> All = [.. Enum.GetValues<MetricsPart>()];
    private readonly TestFolder _root = new();
    private readonly ManualClock _clock = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Collect_of_a_machine_tells_rates_since_the_sample_before()
    {
        var machine = Machine(user: 100, idle: 900, sectors: 0, received: 1000, sent: 50);
        var first = machine.Collect(All);
        Assert.False(first.HasCpuPermille || first.HasDiskReadBytes || first.HasNetworkSentBytes);

        _clock.Advance(TimeSpan.FromSeconds(5));
        Write(user: 175, idle: 925, sectors: 100, received: 6000, sent: 100);
        var sample = machine.Collect(All);

        Assert.Equal((750u, 16_000_000UL, 10_000_000UL, 500UL), (sample.CpuPermille, sample.MemoryTotalKib, sample.MemoryUsedKib, sample.SwapUsedKib));
        Assert.Equal((152u, 99u, 5u, 86_400UL), (sample.Load1Hundredths, sample.Load5Hundredths, sample.Load15Hundredths, sample.UptimeS));
        Assert.Equal((10_240UL, 20_480UL), (sample.DiskReadBytes, sample.DiskWrittenBytes)); // the disk's, not its partition's as well
        Assert.Equal((1000UL, 10UL), (sample.NetworkReceivedBytes, sample.NetworkSentBytes)); // without loopback and containers
        Assert.Equal(["eth0"], sample.Interfaces.Select(i => i.Name));
    }

    [Fact]
    public void Collect_names_the_busiest_processes_by_their_kernels_name()
    {
        var machine = Machine(0, 1, 0, 0, 0);
        Process(10, "idle one", ticks: 5, pages: 100);
        Process(20, "cc1) (x", ticks: 5, pages: 50);
        machine.Collect(All);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Process(20, "cc1) (x", ticks: 255, pages: 50);

        var sample = machine.Collect(All);

        Assert.Equal((2u, 20u, "cc1) (x", 500u), (sample.ProcessesCount, sample.Processes[0].Pid, sample.Processes[0].Name, sample.Processes[0].CpuPermille));
        Assert.Equal((10u, 0u, (ulong)(100 * Environment.SystemPageSize / 1024)), (sample.Processes[1].Pid, sample.Processes[1].CpuPermille, sample.Processes[1].MemoryKib));
    }

    [Fact]
    public void Collect_of_many_processes_keeps_the_eight_busiest()
    {
        var machine = Machine(0, 1, 0, 0, 0);
        for (var pid = 1; pid <= 40; pid++)
        {
            Process(pid, $"p{pid}", ticks: 0, pages: pid);
        }

        machine.Collect(All);
        _clock.Advance(TimeSpan.FromSeconds(5));
        for (var pid = 1; pid <= 40; pid += 2)
        {
            Process(pid, $"p{pid}", ticks: pid, pages: 1);
        }

        Assert.Equal([39u, 37u, 35u, 33u, 31u, 29u, 27u, 25u], machine.Collect(All).Processes.Select(p => p.Pid));
    }

    [Fact]
    public void Collect_of_log_ins_tells_the_living_newest_first()
    {
        var machine = Machine(0, 1, 0, 0, 0);
        Process(10, "sshd", 0, 1);
        Process(11, "sshd", 0, 1);
        Directory.CreateDirectory(_root.File("run"));
        File.WriteAllBytes(_root.File("run/utmp"),
            [.. Record(7, 10, "pts/0", "ann", "192.0.2.7", 1000), .. Record(7, 99, "pts/1", "gone", "", 2000), .. Record(8, 11, "pts/2", "dead", "", 1), .. Record(7, 11, "tty1", "bob", "", 3000)]);

        var sample = machine.Collect(All);

        Assert.Equal(2u, sample.LoginsCount);
        Assert.Equal([new LogIn { User = "bob", Terminal = "tty1", SinceUnixS = 3000 }, new LogIn { User = "ann", Terminal = "pts/0", From = "192.0.2.7", SinceUnixS = 1000 }], sample.Logins);
    }

    [Theory]
    [InlineData(MetricsPart.Usage)]
    [InlineData(MetricsPart.Disks)]
    [InlineData(MetricsPart.Network)]
    [InlineData(MetricsPart.Processes)]
    [InlineData(MetricsPart.ProcessNames)]
    [InlineData(MetricsPart.Logins)]
    [InlineData(MetricsPart.UserNames)]
    public void Collect_of_one_part_tells_nothing_of_the_others(MetricsPart part)
    {
        var machine = new MachineMetrics(TimeProvider.System);
        machine.Collect(new HashSet<MetricsPart> { part });
        var sample = machine.Collect(new HashSet<MetricsPart> { part });

        Assert.Equal(part == MetricsPart.Usage, sample.HasLoad1Hundredths);
        Assert.Equal(part == MetricsPart.Usage, sample.HasMemoryUsedKib);
        Assert.Equal(part == MetricsPart.Disks, sample.HasDiskReadBytes);
        Assert.Equal(part == MetricsPart.Network, sample.HasNetworkSentBytes);
        Assert.Equal(part == MetricsPart.Processes, sample.HasProcessesCount && sample.Processes.Count > 0);
        Assert.All(sample.Processes, p => Assert.Equal("", p.Name));
        Assert.Empty(sample.Logins);
    }

    [Fact]
    public void Collect_on_this_machine_makes_little_garbage_and_fits_a_datagram()
    {
        var machine = new MachineMetrics(TimeProvider.System);
        for (var warm = 0; warm < 3; warm++)
        {
            machine.Collect(All);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        const int Rounds = 12; // a minute, with its look at the mount table
        for (var round = 0; round < Rounds; round++)
        {
            machine.Collect(All);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Rounds, 0, 64 * 1024);
        var sample = machine.Collect(All);
        Assert.True(sample.MemoryUsedKib < sample.MemoryTotalKib && sample.ProcessesCount > 0 && sample.UptimeS > 0);
        Assert.InRange(SampleFitter.Fit(sample, 1163).CalculateSize(), 50, 1163);
    }

    private MachineMetrics Machine(int user, int idle, int sectors, int received, int sent)
    {
        Directory.CreateDirectory(_root.File("proc/net"));
        Directory.CreateDirectory(_root.File("sys/block/sda"));
        Write(user, idle, sectors, received, sent);
        Put("proc/meminfo", "MemTotal:       16000000 kB\nMemFree:         1 kB\nMemAvailable:    6000000 kB\nSwapTotal: 1000 kB\nSwapFree: 500 kB\n");
        Put("proc/loadavg", "1.52 0.99 0.05 3/800 4711\n");
        Put("proc/uptime", "86400.52 1.0\n");
        Put("proc/mounts", "");
        return new MachineMetrics(_clock, _root.Path);
    }

    private void Write(int user, int idle, int sectors, int received, int sent)
    {
        Put("proc/stat", $"cpu  {user} 0 0 {idle} 0 0 0 0 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n");
        Put("proc/diskstats", $"   8 0 sda 10 0 {sectors} 5 20 0 {sectors * 2} 7 0 0 0\n   8 1 sda1 10 0 {sectors} 5 20 0 {sectors} 7 0 0 0\n   7 0 loop0 1 0 99999 1 1 0 1 1 0 0 0\n");
        Put("proc/net/dev",
            $"Inter-|   Receive  |  Transmit\n face |bytes packets|bytes\n    lo: 999999 1 0 0 0 0 0 0 999999 1 0 0 0 0 0 0\n  eth0:{received} 10 0 0 0 0 0 0 {sent} 5 0 0 0 0 0 0\nveth9: {received} 0 0 0 0 0 0 0 {sent} 0 0 0 0 0 0 0\n");
    }

    private void Process(int pid, string name, int ticks, int pages)
    {
        Directory.CreateDirectory(_root.File($"proc/{pid}"));
        Put($"proc/{pid}/stat", $"{pid} ({name}) S 1 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 777 1000000 {pages} 0\n");
        Put($"proc/{pid}/comm", name + "\n");
    }

    private void Put(string file, string text) => File.WriteAllText(_root.File(file), text);

    private static byte[] Record(short type, int pid, string line, string user, string host, int since)
    {
        var record = new byte[384];
        BinaryPrimitives.WriteInt16LittleEndian(record, type);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), pid);
        Encoding.UTF8.GetBytes(line, record.AsSpan(8, 32));
        Encoding.UTF8.GetBytes(user, record.AsSpan(44, 32));
        Encoding.UTF8.GetBytes(host, record.AsSpan(76, 256));
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(340), since);
        return record;
    }
}
