using Hanse.Agent.Native;

namespace Hanse.Agent.Commands.Journal;

/// <summary>Until when an execution may start, by both clocks (D4). Within the boot that took it the boot clock alone counts, so a
/// wall clock that is set neither revives nor kills an order; after a reboot there is only the wall clock.</summary>
internal sealed record ExecutionDeadline(DateTimeOffset Wall, string BootId, TimeSpan Boot)
{
    internal static ExecutionDeadline In(TimeSpan left, TimeProvider time, IBootClock boot) =>
        new(time.GetUtcNow() + left, boot.BootId, boot.Elapsed + left);

    internal bool HasPassed(TimeProvider time, IBootClock boot) => Left(time, boot) <= TimeSpan.Zero;

    internal TimeSpan Left(TimeProvider time, IBootClock boot) =>
        boot.BootId == BootId ? Boot - boot.Elapsed : Wall - time.GetUtcNow();
}
