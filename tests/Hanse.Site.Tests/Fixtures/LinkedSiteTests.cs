using Hanse.TestKit;

namespace Hanse.Site.Tests.Fixtures;

/// <summary>Tests of a site that is linked to a coordinator when they begin. The clock stands still but for what a test advances.</summary>
public abstract class LinkedSiteTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();

    private protected LinkedSiteTests() => Pki = new TestPki(Clock);

    protected ManualClock Clock { get; } = new(TimeProvider.System.GetUtcNow());

    private protected TestPki Pki { get; }

    private protected FakeCoordinator Coordinator { get; private set; } = null!;

    private protected SiteHost Site { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync()
    {
        Coordinator = new FakeCoordinator(Pki, _folder.File("coordinator.sock"));
        await Coordinator.StartAsync();
        Site = new SiteHost { Clock = Clock, Pki = Pki, Coordinator = Coordinator.Address };
        await Site.InitializeAsync();
        await LinkedAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        await Site.DisposeAsync();
        await Coordinator.DisposeAsync();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Until so many hellos have come, time goes by.</summary>
    protected Task LinkedAsync(int times = 1) => Wait.For($"hello {times} of the site", () =>
    {
        Clock.Advance(TimeSpan.FromMilliseconds(200));
        return Coordinator.Epochs.Count >= times && Coordinator.Link is { End: null };
    });
}
