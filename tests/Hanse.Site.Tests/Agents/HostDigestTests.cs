using Google.Protobuf;
using Hanse.Link;
using Hanse.Protocol.Directory;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Tests.Fixtures;
using Hanse.Site.Uplink.Api;
using Hanse.TestKit;

namespace Hanse.Site.Tests.Agents;

/// <summary>What a site tells of its hosts by digest, and how it sends hosts again, over a real link.</summary>
public sealed class HostDigestTests : LinkedSiteTests
{
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Site.QueryAsync<int>(
            """
            insert into agents_host (id, hostname, machine_id, status, addresses, certificate_spki, certificate_not_before, certificate_root, certificate_not_after, joined_at, last_seen)
            select md5('host' || n)::uuid, 'Host-' || n, 'm' || n, 2, array['\x0a000001'::bytea], '\x01', '2030-01-01', '', '2031-01-01', '2030-01-01', '2030-01-01'
            from generate_series(1, 200) n
            """);
    }

    [Fact]
    public async Task The_hosts_of_all_buckets_add_up_to_the_sums()
    {
        var sums = (await AskAsync(bits: 4)).Value!;
        var hosts = (await AskAsync(bits: 4, [.. Enumerable.Range(0, 16)])).Value!;

        Assert.Equal((200UL, 200), (sums.Hosts, hosts.Entries.Count));
        Assert.Empty(HostDigest.Compare(Sums(hosts), sums.Sums)!);
        var few = (await AskAsync(bits: 4, 3, 11)).Value!;
        Assert.Equal(
            hosts.Entries.Where(e => HostDigest.BucketOf(HostId.FromBytes(e.HostId.Span), 4) is 3 or 11).Select(e => e.Hash).Order(), few.Entries.Select(e => e.Hash).Order());

        await Site.QueryAsync<int>("update agents_host set kernel = '6.1' where hostname = 'Host-7'");
        Assert.Single(HostDigest.Compare(Sums(hosts), (await AskAsync(bits: 4)).Value!.Sums)!);
    }

    [Fact]
    public async Task A_host_says_whether_it_waits_was_refused_or_leaves()
    {
        // The drainer has looked and sleeps, on a clock that stands still.
        Assert.True((await Coordinator.AskAsync<Empty>(Method.DirectoryResend, Resend((Id(200), 1)))).Succeeded);
        await Wait.For("nothing to wait", async () => Coordinator.States.Count == 1 && (await Site.Get<IUplinkStatus>().DepthAsync(default)).Waiting == 0);
        await AddStateAsync(1, counter: 5, acknowledged: 5);
        await AddStateAsync(2, counter: 5, acknowledged: 4, refusal: "host-invalid: no"); // a newer version than the refused one
        await AddStateAsync(3, counter: 5, acknowledged: 5, refusal: "host-invalid: no");
        await AddStateAsync(4, counter: 5, acknowledged: 4, deleted: true);
        await AddStateAsync(5, counter: 5, acknowledged: 5, deleted: true);
        await Site.QueryAsync<int>("update agents_host set removed_at = '2030-01-01' where hostname in ('Host-4', 'Host-5')");

        var entries = (await AskAsync(bits: 0, 0)).Value!.Entries.ToLookup(e => HostId.FromBytes(e.HostId.Span), e => e.Standing);

        Assert.Equal([DirectoryStanding.Acknowledged], entries[Id(1)]);
        Assert.Equal([DirectoryStanding.Waiting], entries[Id(2)]);
        Assert.Equal([DirectoryStanding.Refused], entries[Id(3)]);
        Assert.Equal([DirectoryStanding.Leaving], entries[Id(4)]);
        Assert.Empty(entries[Id(5)]);
        Assert.Equal([DirectoryStanding.Acknowledged], entries[Id(6)]);
    }

    [Fact]
    public async Task Hosts_are_sent_again_above_both_versions_and_ghosts_as_deletions()
    {
        await AddStateAsync(1, counter: 50, acknowledged: 50);
        var ghost = HostId.New();
        await Site.QueryAsync<int>("update agents_host set removed_at = '2030-01-01' where hostname = 'Host-3'");

        var answer = await Coordinator.AskAsync<Empty>(Method.DirectoryResend, Resend((Id(1), 7), (Id(2), 7), (Id(3), 9), (ghost, 11)));

        Assert.True(answer.Succeeded);
        await Wait.For("all to arrive", () => new[] { Id(1), Id(2), Id(3), ghost }.All(h => Coordinator.States.ContainsKey(h.ToWire().ToBase64())));
        Assert.Equal((51UL, "Host-1"), (State(Id(1)).Counter, State(Id(1)).Host.Hostname));
        Assert.Equal((8UL, "Host-2"), (State(Id(2)).Counter, State(Id(2)).Host.Hostname));
        Assert.Equal((10UL, true), (State(Id(3)).Counter, State(Id(3)).Deleted));
        Assert.Equal((12UL, true), (State(ghost).Counter, State(ghost).Deleted));
        await Wait.For("nothing to wait", async () => (await Site.Get<IUplinkStatus>().DepthAsync(default)).Waiting == 0);

        // Asked twice: the same values, newer versions.
        Assert.True((await Coordinator.AskAsync<Empty>(Method.DirectoryResend, Resend((Id(1), 7)))).Succeeded);
        await Wait.For("it to arrive", () => State(Id(1)).Counter == 52);
        Assert.Equal("Host-1", State(Id(1)).Host.Hostname);
    }

    [Fact]
    public async Task A_question_that_makes_no_sense_is_refused_and_changes_nothing()
    {
        foreach (var answer in new[] { await AskAsync(bits: 17), await AskAsync(bits: 99), await AskAsync(bits: 2, 4), await AskAsync(bits: 2, 1, 1) })
        {
            Assert.Equal(ErrorCodes.MalformedMessage, answer.Error!.Code);
        }

        var noId = new DirectoryResend { Hosts = { new DirectoryResendHost { HostId = Id(1).ToWire() }, new DirectoryResendHost { HostId = ByteString.CopyFromUtf8("x") } } };
        foreach (var request in new[] { noId, Resend((Id(1), ulong.MaxValue)), Resend([.. Enumerable.Range(0, 20_001).Select(_ => (Id(1), 1UL))]) })
        {
            Assert.Equal(ErrorCodes.MalformedMessage, (await Coordinator.AskAsync<Empty>(Method.DirectoryResend, request)).Error!.Code);
        }

        Assert.Equal([0L], await Site.QueryAsync<long>("select count(*) from uplink_state where class = 1"));
    }

    private static HostId Id(int number) =>
        new(new Guid(System.Security.Cryptography.MD5.HashData(System.Text.Encoding.ASCII.GetBytes($"host{number}")), bigEndian: true));

    private static DirectoryResend Resend(params (HostId Host, ulong Floor)[] hosts)
    {
        var request = new DirectoryResend();
        request.Hosts.AddRange(hosts.Select(h => new DirectoryResendHost { HostId = h.Host.ToWire(), Floor = h.Floor }));
        return request;
    }

    private static ulong[] Sums(DirectoryDigest hosts)
    {
        var sums = new ulong[16];
        foreach (var entry in hosts.Entries)
        {
            HostDigest.Add(sums, 4, HostId.FromBytes(entry.HostId.Span), entry.Hash);
        }

        return sums;
    }

    private StateEntry State(HostId host) => Coordinator.States[host.ToWire().ToBase64()];

    private Task<IReadOnlyList<int>> AddStateAsync(int host, long counter, long acknowledged, string refusal = "", bool deleted = false) => Site.QueryAsync<int>(
        """
        insert into uplink_state (class, key, counter, acknowledged, value, deleted, changed_at, refusal)
        values (1, @key, @counter, @acknowledged, '', @deleted, '2030-01-01', @refusal)
        """,
        new { key = Id(host).ToWire().ToByteArray(), counter, acknowledged, refusal, deleted });

    private async Task<LinkResult<DirectoryDigest>> AskAsync(uint bits, params int[] buckets)
    {
        var query = new DirectoryDigestQuery { Bits = bits };
        query.Buckets.AddRange(buckets.Select(b => (uint)b));
        return await Coordinator.AskAsync<DirectoryDigest>(Method.DirectoryDigest, query);
    }
}
