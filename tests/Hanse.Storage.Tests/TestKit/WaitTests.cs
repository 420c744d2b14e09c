using Hanse.TestKit;

namespace Hanse.Storage.Tests.TestKit;

public sealed class WaitTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(30);

    [Fact]
    public async Task For_condition_that_comes_true_ends_the_wait()
    {
        var asked = 0;

        await Wait.For("the third question", () => ++asked == 3);

        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task For_condition_that_stays_false_names_it_and_what_was_found()
    {
        var error = await Assert.ThrowsAsync<TimeoutException>(() => Wait.For("two agents online", () => false, Short, () => "one agent"));

        Assert.Equal("Waited 0 s for: two agents online. Found instead: one agent", error.Message);
    }

    [Fact]
    public async Task ForTask_that_never_ends_is_named()
    {
        var error = await Assert.ThrowsAsync<TimeoutException>(
            () => Wait.ForTask("the link to close", new TaskCompletionSource().Task, Short));

        Assert.Contains("the link to close", error.Message, StringComparison.Ordinal);
    }
}
