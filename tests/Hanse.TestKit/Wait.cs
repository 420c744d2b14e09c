using System.Diagnostics;
using Xunit;

namespace Hanse.TestKit;

/// <summary>
/// Waits in real time on a named condition, never for a fixed time. When the deadline passes it fails with the name of what it
/// waited for and, when given, a description of what was there instead.
/// </summary>
public static class Wait
{
    /// <summary>Generous, since a condition that holds ends the wait at once: only a failing test takes this long.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <exception cref="TimeoutException">The condition did not hold within the deadline. An exception of the condition itself passes through.</exception>
    public static Task For(string what, Func<bool> condition, TimeSpan? deadline = null, Func<string>? found = null) =>
        For(what, () => Task.FromResult(condition()), deadline, found);

    /// <inheritdoc cref="For(string, Func{bool}, TimeSpan?, Func{string}?)"/>
    public static async Task For(string what, Func<Task<bool>> condition, TimeSpan? deadline = null, Func<string>? found = null)
    {
        var limit = deadline ?? DefaultDeadline;
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > limit)
            {
                throw Late(what, limit, found);
            }

            await Task.Delay(Pause, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Asks until there is an answer that is not null, and returns it.</summary>
    public static async Task<T> ForValue<T>(string what, Func<Task<T?>> ask, TimeSpan? deadline = null) where T : class
    {
        T? value = null;
        await For(what, async () => (value = await ask()) is not null, deadline);
        return value!;
    }

    /// <summary>Waits for a task, and fails by name when it does not end in time. The task's own failure passes through.</summary>
    public static async Task<T> ForTask<T>(string what, Task<T> task, TimeSpan? deadline = null)
    {
        await ForTask(what, (Task)task, deadline);
        return await task;
    }

    /// <inheritdoc cref="ForTask{T}(string, Task{T}, TimeSpan?)"/>
    public static async Task ForTask(string what, Task task, TimeSpan? deadline = null, Func<string>? found = null)
    {
        var limit = deadline ?? DefaultDeadline;
        using var ended = new CancellationTokenSource();
        var first = await Task.WhenAny(task, Task.Delay(limit, TimeProvider.System, ended.Token));
        await ended.CancelAsync();
        if (first != task)
        {
            throw Late(what, limit, found);
        }

        await task;
    }

    private static TimeoutException Late(string what, TimeSpan limit, Func<string>? found) =>
        new($"Waited {limit.TotalSeconds:0.#} s for: {what}." + (found is null ? "" : $" Found instead: {found()}"));
}
