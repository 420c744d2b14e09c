using Hanse.Agent.Metrics;
using Hanse.Protocol.Datagrams;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Agent.Tests.Metrics;

public sealed class SampleFitterTests
{
    [Fact]
    public void Fit_of_a_small_sample_changes_nothing()
    {
        var sample = Of(Chance.Of(1, 1), entries: 2, text: 10);
        Assert.Equal(sample, SampleFitter.Fit(sample.Clone(), DatagramHeader.MaxPayload).Sample);
    }

    [Fact]
    public void Fit_of_any_sample_has_room_and_keeps_figures_and_the_head_of_each_list_and_is_always_the_same()
    {
        for (var round = 0; round < 300; round++)
        {
            var dice = Chance.Of(Chance.Seed, round);
            var sample = Of(dice, dice.Next(0, 40), dice.Next(0, 300));
            var fitted = SampleFitter.Fit(sample.Clone(), DatagramHeader.MaxPayload);

            Assert.True(fitted.CalculateSize() <= DatagramHeader.MaxPayload, Chance.Repeat("Agent"));
            Assert.Equal(fitted, SampleFitter.Fit(sample.Clone(), DatagramHeader.MaxPayload));
            Assert.Equal(sample.CpuPermille, fitted.Sample.CpuPermille);
            Assert.Equal(sample.NetworkSentBytes, fitted.Sample.NetworkSentBytes);
            Assert.Equal(sample.Processes.Take(fitted.Sample.Processes.Count).Select(p => p.Pid), fitted.Sample.Processes.Select(p => p.Pid));
            Assert.Equal(sample.Logins.Take(fitted.Sample.Logins.Count).Select(l => l.SinceUnixS), fitted.Sample.Logins.Select(l => l.SinceUnixS));
        }
    }

    [Fact]
    public void Fit_of_a_name_that_is_cut_inside_a_pair_leaves_no_half()
    {
        var sample = new MetricsSample { Processes = { new ProcessUse { Name = new string('x', 31) + "😀" } } };
        Assert.Equal(new string('x', 31), SampleFitter.Fit(sample, DatagramHeader.MaxPayload).Sample.Processes.Single().Name);
    }

    private static MetricsSample Of(Random dice, int entries, int text)
    {
        var sample = new MetricsSample { CpuPermille = (uint)dice.Next(1000), NetworkSentBytes = (ulong)dice.NextInt64(), LoginsCount = (uint)entries };
        for (var i = 0; i < entries; i++)
        {
            sample.Processes.Add(new ProcessUse { Pid = (uint)dice.Next(), Name = Text(dice, text), MemoryKib = (ulong)dice.NextInt64() });
            sample.Logins.Add(new LogIn { User = Text(dice, text), From = Text(dice, text), Terminal = Text(dice, text), SinceUnixS = dice.Next() });
            sample.Interfaces.Add(new InterfaceUse { Name = Text(dice, text), ReceivedBytes = (ulong)dice.NextInt64() });
            sample.FileSystems.Add(new FileSystemUse { Path = Text(dice, text), SizeMib = (ulong)dice.NextInt64() });
        }

        return sample;
    }

    private static string Text(Random dice, int most) => string.Concat(Enumerable.Range(0, dice.Next(most + 1)).Select(_ => "aé中".Substring(dice.Next(3), 1)));
}
