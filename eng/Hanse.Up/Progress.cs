using System.Globalization;

namespace Hanse.Up;

/// <summary>Tells a person what goes on: one line a step, with the seconds since the start.</summary>
internal sealed class Progress(TimeProvider time)
{
    private readonly long _begun = time.GetTimestamp();

    public void Tell(string what) =>
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{time.GetElapsedTime(_begun).TotalSeconds,5:0.0} s] {what}"));

    /// <summary>Polls until <paramref name="isSo"/>; past the deadline, or once <paramref name="process"/> is dead, fails with the end of its log.</summary>
    public async Task WaitAsync(string what, TimeSpan deadline, State.StartedProcess process, Func<CancellationToken, Task<bool>> isSo, CancellationToken cancellation)
    {
        var begun = time.GetTimestamp();
        while (!await isSo(cancellation))
        {
            if (!process.IsAlive)
            {
                throw new UpException($"{process.Role} {process.Name} ended before {what}.{Processes.LogTail.Of(process.Log)}");
            }

            if (time.GetElapsedTime(begun) > deadline)
            {
                throw new UpException($"waited {deadline.TotalSeconds:0} s in vain until {what}.{Processes.LogTail.Of(process.Log)}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellation);
        }
    }
}
