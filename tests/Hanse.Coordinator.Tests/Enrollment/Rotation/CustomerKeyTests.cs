using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Hanse.Coordinator.Enrollment;
using Hanse.Coordinator.Tests.Fixtures;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Joining;

namespace Hanse.Coordinator.Tests.Enrollment.Rotation;

/// <summary>The customer key's rotation (J3) at the coordinator.</summary>
public sealed class CustomerKeyTests(CoordinatorHost host) : IClassFixture<CoordinatorHost>
{
    [Fact]
    public async Task Given_a_rotation_with_overlap_When_told_Then_sites_hold_both_keys_until_it_is_over_and_another_is_refused()
    {
        var site = await host.JoinAsync("keyed");
        Assert.Null(await site.DialAsync());
        var old = host.Get<Federation>().SiteKeyFor(site.Id);
        Assert.Equal(HttpStatusCode.OK, (await RotateAsync("1h")).Status);

        var now = host.Get<Federation>().SiteKeyFor(site.Id);
        Assert.NotEqual(old, now);
        await Wait.For("the site to be told both", () => site.Desired.LastOrDefault() is { } last && last.SiteKey.Span.SequenceEqual(now) && last.PreviousSiteKey.Span.SequenceEqual(old));
        var (status, body) = await RotateAsync("2h");
        Assert.Equal((HttpStatusCode.Conflict, ErrorCodes.CustomerKeyRotating), (status, body.GetProperty("code").GetString()));
        Assert.Equal(now, host.Get<Federation>().SiteKeyFor(site.Id));

        // Which sites hold it they tell themselves.
        Assert.False(await HoldsAsync("keyed"));
        await site.AskAsync<Empty>(Method.TrustReport, new TrustReport { SiteKeyId = ByteString.CopyFrom(SiteKey.IdOf(now)) });
        Assert.True(await HoldsAsync("keyed"));

        // A replica, or the next start, opens both.
        await host.Get<Federation>().ReloadAsync(default);
        Assert.Equal(old, host.Get<Federation>().DesiredTrust(site.Id).PreviousSiteKey);

        // Leaked: the end of both old ones, at once.
        Assert.Equal(HttpStatusCode.OK, (await RotateAsync("0s")).Status);
        Assert.Null(host.Get<Federation>().DesiredTrust(site.Id).PreviousSiteKey);
        Assert.NotEqual(now, host.Get<Federation>().SiteKeyFor(site.Id));
        await Wait.For("the site to be told one", () => site.Desired.Last().PreviousSiteKey.IsEmpty);
        Assert.Equal(2, (await host.QueryAsync<int>("select 1 from audit_entry where operation = 'trust.customer-key.rotate'")).Count);
    }

    [Fact]
    public async Task Given_an_overlap_out_of_bounds_When_asked_Then_nothing_changes()
    {
        var before = host.Get<Federation>().CustomerKey.ToArray();

        var (status, body) = await RotateAsync("366d");

        Assert.Equal((HttpStatusCode.BadRequest, "overlap"), (status, body.GetProperty("field").GetString()));
        Assert.Equal(before, host.Get<Federation>().CustomerKey.ToArray());
    }

    private Task<(HttpStatusCode Status, JsonElement Body)> RotateAsync(string overlap) => host.PostAsync("trust/customer-key/rotate", new { overlap });

    private async Task<bool> HoldsAsync(string name) =>
        JsonSerializer.Deserialize<JsonElement>(await host.Socket.GetStringAsync("trust/customer-key")).GetProperty("sites").EnumerateArray()
            .Single(s => s.GetProperty("name").GetString() == name).GetProperty("current").GetBoolean();
}
