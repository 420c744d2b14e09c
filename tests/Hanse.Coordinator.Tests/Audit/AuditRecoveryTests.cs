using Hanse.Audit;
using Hanse.Coordinator.Audit;
using Hanse.Coordinator.Tests.Fixtures;

namespace Hanse.Coordinator.Tests.Audit;

/// <summary>Who is asked before a log is ended: silence is no proof that all is well (A4).</summary>
public sealed class AuditRecoveryTests(CoordinatorHost host) : IClassFixture<CoordinatorHost>
{
    [Fact]
    public async Task Given_a_site_that_answers_and_one_that_is_away_When_recovering_Then_the_answer_names_both_and_nothing_is_changed()
    {
        var here = await host.JoinAsync("here");
        _ = await host.JoinAsync("away");
        Assert.Null(await here.DialAsync());

        var result = await host.Get<AuditRecovery>().RecoverAsync(new AuditActor("ada", "7"), "a test", default);

        Assert.Equal((1, "away"), (result.Asked, Assert.Single(result.Silent)));
        Assert.Null(result.Recovered);
        Assert.Equal(1, Assert.Single(await host.QueryAsync<int>("select max(ordinal) from audit_log")));
    }
}
