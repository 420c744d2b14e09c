using System.Net.Http.Json;
using System.Text.Json;
using Hanse.Coordinator.Enrollment;
using Hanse.Coordinator.Recovery;
using Hanse.Coordinator.Tests.Fixtures;
using Hanse.Link;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Coordinator.Tests.Recovery;

/// <summary>What a restored coordinator hears from its sites, over a real link.</summary>
public sealed class RecoveryDriverTests(CoordinatorHost host) : IClassFixture<CoordinatorHost>
{
    [Fact]
    public async Task Given_a_site_that_cannot_answer_now_When_its_link_lives_on_Then_it_is_asked_again_until_it_has_told()
    {
        var site = await host.JoinAsync("mute");
        await host.QueryAsync<int>("insert into recovery_state (restored_at, backup_created_at, keys_only) values (now(), now(), false)");
        await host.Get<Federation>().OpenAsync(default);
        var asked = 0;
        site.OnRecovery = () => Interlocked.Increment(ref asked) < 3
            ? LinkReply.Refuse(ErrorCodes.InternalError, "The database of the site is away.")
            : LinkReply.Of(new SiteRecovery { FirstKept = 1, LastGiven = 7 });
        using var stop = new CancellationTokenSource();
        var running = host.Get<RecoveryDriver>().RunAsync(stop.Token);

        Assert.Null(await site.DialAsync());
        await Wait.For("the site to have told", async () =>
        {
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            var told = (await host.Socket.GetFromJsonAsync<JsonElement>("recovery")).GetProperty("sites").EnumerateArray()
                .Single(s => s.GetProperty("name").GetString() == "mute");
            return told.GetProperty("state").GetString() == "recovered";
        });

        Assert.Equal(3, asked);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }
}
