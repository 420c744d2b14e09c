using Hanse.Protocol.Datagrams;
using Hanse.Protocol.Messages;
using Hanse.Site.Metrics;
using Hanse.Site.Tests.Fixtures;
using Hanse.Trust.Datagrams;
using static Hanse.Site.Tests.Metrics.MetricsAgent;

namespace Hanse.Site.Tests.Metrics;

/// <summary>Datagrams against a whole site over real UDP: what counts, what does not, and that none is ever answered (G2).</summary>
public sealed class DatagramTests(SiteHost site) : IClassFixture<SiteHost>
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task Given_a_key_When_datagrams_come_Then_the_host_is_seen_and_the_receipt_counts_them()
    {
        using var host = await StartAsync(site, "told-1");
        await host.SendAsync(Busy(100));
        await host.SendAsync(Busy(300));
        await host.SendAsync(null);

        var metrics = (await host.ReadAsync(Hour))!;
        Assert.Equal((300u, true, "cc1"), (metrics.Last.CpuPermille, metrics.ByDatagram, metrics.Last.Processes.Single().Name));
        Assert.Equal((200u, 300u, 2u), (metrics.Points.Single().Mean.CpuPermille, metrics.Points.Single().Highest.CpuPermille, metrics.Points.Single().Samples));
        Assert.Equal(new MetricsReceipt { Highest = 3, Received = 3 }, await host.TellAsync());
    }

    [Fact]
    public async Task Given_captured_datagrams_When_they_come_again_from_anywhere_Then_nothing_changes_and_nobody_is_answered()
    {
        using var host = await StartAsync(site, "replayed-1");
        await host.SendAsync(Busy(100));
        await host.SendAsync(Busy(200));
        var (before, receipt) = (await host.ReadAsync(Hour), await host.TellAsync());

        host.Move("127.0.0.99");
        foreach (var captured in host.Sent)
        {
            await host.ThrowAsync(captured, DatagramFate.Replayed);
        }

        Assert.Equal(before, await host.ReadAsync(Hour));
        Assert.Equal(receipt, await host.TellAsync());
        Assert.Equal(0, host.Socket.Available);
    }

    [Fact]
    public async Task Given_what_is_no_datagram_of_this_site_When_it_comes_Then_it_is_counted_and_dropped()
    {
        using var host = await StartAsync(site, "hostile-1");
        var good = host.Seal(Busy(100));
        var forged = good.ToArray();
        forged[^1] ^= 1;
        var unknown = good.ToArray();
        unknown[5] ^= 1;

        await host.ThrowAsync([], DatagramFate.Malformed);
        await host.ThrowAsync(good[..36], DatagramFate.Malformed);
        await host.ThrowAsync(good[..^1], DatagramFate.Forged);
        await host.ThrowAsync(forged, DatagramFate.Forged);
        await host.ThrowAsync([.. good, 0], DatagramFate.Forged);
        await host.ThrowAsync(unknown, DatagramFate.UnknownKey);
        await host.ThrowAsync(new byte[DatagramHeader.MaxDatagram + 100], DatagramFate.Malformed);
        await host.ThrowAsync("GET / HTTP/1.1\r\nHost: a.long.enough.name\r\n\r\n"u8.ToArray(), DatagramFate.Malformed);

        Assert.Null(await host.ReadAsync(Hour));
        Assert.Equal(0, host.Socket.Available);
        await host.ThrowAsync(good, DatagramFate.Taken); // a forged one has not spent its sequence
    }

    [Fact]
    public async Task Given_a_good_seal_over_nonsense_When_it_comes_Then_it_is_malformed()
    {
        using var host = await StartAsync(site, "nonsense-1");
        using var sealer = new DatagramSealer(host.Key.RouteId, host.Key.KeyId, host.Key.Key.Span);
        var datagram = new byte[DatagramHeader.MaxDatagram];
        await host.ThrowAsync(datagram[..sealer.Seal([0xff, 0xff, 0xff], datagram)], DatagramFate.Malformed);
        Assert.Null(await host.ReadAsync(Hour));
    }

    [Fact]
    public async Task Given_a_key_When_the_hosts_address_changes_Then_it_goes_on_without_a_word()
    {
        using var host = await StartAsync(site, "roaming-1");
        await host.SendAsync(Busy(100));
        host.Move("127.0.0.77");
        await host.SendAsync(Busy(500));
        Assert.Equal(500u, (await host.ReadAsync(Hour))!.Last.CpuPermille);
    }

    [Fact]
    public async Task Given_a_host_with_a_new_key_When_the_old_one_is_used_Then_it_is_unknown()
    {
        using var host = await StartAsync(site, "rekeyed-1");
        var late = host.Seal(Busy(100));
        var second = await KeyAsync(host.Agent);
        Assert.NotEqual(host.Key.KeyId, second.KeyId);
        Assert.NotEqual(host.Key.Key, second.Key);
        await host.ThrowAsync(late, DatagramFate.UnknownKey);
    }

    [Fact]
    public async Task Given_a_gateways_word_on_the_source_When_a_datagram_comes_behind_it_Then_it_counts_as_without()
    {
        using var host = await StartAsync(site, "behind-1");
        var prefix = new byte[SourcePrefix.MaxBytes];
        var length = SourcePrefix.Write(prefix, [192, 0, 2, 7], 4711);
        var datagram = host.Seal(Busy(100));

        // Only that of a gateway that the site was told of.
        await host.ThrowAsync([.. prefix[..length], .. datagram], DatagramFate.Malformed);
        host.Move("127.0.0.88");
        await host.ThrowAsync([.. prefix[..length], .. datagram], DatagramFate.Taken);
        await host.ThrowAsync(datagram, DatagramFate.Replayed);
        await host.ThrowAsync(prefix[..length], DatagramFate.Malformed);
        await host.ThrowAsync([.. prefix[..15], 200, .. datagram], DatagramFate.Malformed);

        Assert.Equal(100u, (await host.ReadAsync(Hour))!.Last.CpuPermille);
    }

    [Fact]
    public async Task Given_another_hosts_key_id_When_a_host_seals_with_its_own_key_Then_it_is_forged()
    {
        using var host = await StartAsync(site, "honest-1");
        using var other = await StartAsync(site, "liar-1");
        using var lie = new DatagramSealer(host.Key.RouteId, host.Key.KeyId, other.Key.Key.Span);
        var datagram = new byte[DatagramHeader.MaxDatagram];
        await other.ThrowAsync(datagram[..lie.Seal([], datagram)], DatagramFate.Forged);
    }

    [Fact]
    public async Task Given_a_sample_over_the_link_When_it_is_larger_than_a_datagram_Then_it_is_refused()
    {
        using var host = await StartAsync(site, "large-1");
        var large = new MetricsSample { Logins = { new LogIn { User = new string('x', 2000) } } };
        var answer = await host.Agent.AskAsync<MetricsReceipt>(Method.MetricsReport, new MetricsReport { Sample = large });
        Assert.Equal("malformed-message", answer.Error!.Code);
    }
}
