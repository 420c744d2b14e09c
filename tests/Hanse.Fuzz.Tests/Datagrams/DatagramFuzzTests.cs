using Google.Protobuf;
using Hanse.Fuzz.Tests.Frames;
using Hanse.Protocol.Datagrams;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Metrics;
using Hanse.TestKit;
using Hanse.Trust.Datagrams;

namespace Hanse.Fuzz.Tests.Datagrams;

/// <summary>G2: whatever bytes come to a site's UDP port, each gets one fate, none is taken that its host did not seal, and none is taken twice. Seeded with
/// datagrams as agents make them, bare and behind a gateway's prefix.</summary>
public sealed class DatagramFuzzTests
{
    private const int Cases = 30_000;
    private const ulong KeyId = 77;
    private static readonly HostId Host = HostId.New();
    private static readonly byte[] Key = DatagramKey.Derive(DatagramKey.NewSecret(), Host, KeyId);

    private readonly MeterTable _meters = new(new ManualClock());
    private readonly DatagramCounts _counts = new();
    private readonly DatagramIntake _intake;

    public DatagramFuzzTests()
    {
        _intake = new DatagramIntake(_meters, _counts);
        _meters.Put(Host, KeyId, Key, new ManualClock().GetUtcNow(), mark: 0);
    }

    [Fact]
    public void Take_a_damaged_datagram_is_a_fate_and_never_taken()
    {
        var corpus = Corpus();
        var whole = corpus.Select(Convert.ToHexString).ToHashSet(StringComparer.Ordinal);
        for (var number = 0; number < Rounds; number++)
        {
            var dice = Chance.Of(Chance.Seed, number);
            var bytes = ByteMutator.Mutate(corpus[dice.Next(corpus.Count)], dice);
            var fate = _intake.Take(bytes, byGateway: true);
            Assert.True(
                fate != DatagramFate.Taken || whole.Contains(Convert.ToHexString(SourcePrefix.Skip(bytes))),
                $"Case {number} was taken: {Convert.ToHexStringLower(bytes)}; {Chance.Repeat("fuzz")}");
        }

        Assert.Equal(Rounds, Enum.GetValues<DatagramFate>().Sum(f => _counts[f]));
        Assert.InRange(_counts[DatagramFate.Taken], 0, corpus.Count); // whatever came whole came once
        Assert.True(_counts[DatagramFate.Malformed] > 0 && _counts[DatagramFate.UnknownKey] > 0 && _counts[DatagramFate.Forged] > 0);
    }

    [Fact]
    public void Take_a_damaged_content_under_a_good_seal_is_taken_or_malformed_and_kept_within_bounds()
    {
        using var sealer = new DatagramSealer(1, KeyId, Key);
        var contents = Contents();
        var datagram = new byte[DatagramHeader.MaxDatagram];
        for (var number = 0; number < Rounds; number++)
        {
            var dice = Chance.Of(Chance.Seed, number);
            var content = ByteMutator.Mutate(contents[dice.Next(contents.Count)], dice);
            content = content.Length > DatagramHeader.MaxPayload ? content[..DatagramHeader.MaxPayload] : content;
            var fate = _intake.Take(datagram.AsSpan(0, sealer.Seal(content, datagram)), byGateway: false);
            Assert.True(
                fate is DatagramFate.Taken or DatagramFate.Malformed,
                $"Case {number} is {fate}: {Convert.ToHexStringLower(content)}; {Chance.Repeat("fuzz")}");
        }

        // What they left can be stored and read back.
        foreach (var row in _meters.TakeRows(TimeSpan.Zero, int.MaxValue))
        {
            Assert.Equal(row.Tally.Samples, MetricsChunk.Parser.ParseFrom(row.Chunk).Samples.Count);
            Assert.All(row.Tally.Sums.Concat(row.Tally.Highest), figure => Assert.True(figure >= 0, Chance.Repeat("fuzz")));
        }
    }

    private static int Rounds => Chance.Asked is { } asked ? Cases * (int)asked.TotalMinutes * 4 : Cases;

    private static List<byte[]> Contents() =>
    [
        [],
        new MetricsReport().ToByteArray(),
        new MetricsReport { Sample = new MetricsSample { CpuPermille = 125, MemoryTotalKib = 16_000_000, MemoryUsedKib = 9_000_000, Load1Hundredths = 52, UptimeS = 90_000 } }.ToByteArray(),
        new MetricsReport
        {
            Sample = new MetricsSample
            {
                CpuPermille = 999, NetworkSentBytes = ulong.MaxValue,
                Processes = { Enumerable.Range(1, 8).Select(i => new ProcessUse { Pid = (uint)i, Name = "postgres", CpuPermille = 900, MemoryKib = 1 << 20 }) },
                Logins = { new LogIn { User = "ann", Terminal = "pts/0", From = "192.0.2.7", SinceUnixS = 1_800_000_000 } },
                FileSystems = { new FileSystemUse { Path = "/var/lib", SizeMib = 100_000, UsedPermille = 700 } },
                Interfaces = { new InterfaceUse { Name = "eth0", ReceivedBytes = 1_000_000, SentBytes = 2_000_000 } },
            },
        }.ToByteArray(),
    ];

    private static List<byte[]> Corpus()
    {
        using var sealer = new DatagramSealer(1, KeyId, Key);
        var prefix = new byte[SourcePrefix.MaxBytes];
        var corpus = new List<byte[]>();
        foreach (var content in Contents())
        {
            var datagram = new byte[DatagramHeader.MaxDatagram];
            datagram = datagram[..sealer.Seal(content, datagram)];
            corpus.Add(datagram);
            corpus.Add([.. prefix.AsSpan(0, SourcePrefix.Write(prefix, [192, 0, 2, 7], 4711)), .. datagram]);
        }

        return corpus;
    }
}
