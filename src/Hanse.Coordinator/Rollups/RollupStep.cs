namespace Hanse.Coordinator.Rollups;

/// <summary>How fine a history is kept, and for how long: what a chart of hours, weeks or years needs, and bounded in each.</summary>
internal enum RollupStep
{
    Raw = 0,
    Hour = 1,
    Day = 2,
}

internal static class RollupSteps
{
    /// <summary>Between two points of several sites' sum, which tell their values at different moments.</summary>
    private static readonly TimeSpan RawSpan = TimeSpan.FromMinutes(5);

    public static TimeSpan Retention(this RollupStep step) => step switch
    {
        RollupStep.Raw => TimeSpan.FromHours(48),
        RollupStep.Hour => TimeSpan.FromDays(62),
        _ => TimeSpan.FromDays(5 * 366),
    };

    public static TimeSpan Span(this RollupStep step) => step switch
    {
        RollupStep.Raw => RawSpan,
        RollupStep.Hour => TimeSpan.FromHours(1),
        _ => TimeSpan.FromDays(1),
    };

    /// <summary>The point an instant belongs to.</summary>
    public static DateTimeOffset PointOf(this RollupStep step, DateTimeOffset at) =>
        step == RollupStep.Raw ? at : Floor(at, step.Span());

    public static DateTimeOffset Floor(DateTimeOffset at, TimeSpan span) => new(at.UtcTicks - (at.UtcTicks % span.Ticks), TimeSpan.Zero);

    /// <summary>The finest that still reaches back so far.</summary>
    public static RollupStep Reaching(TimeSpan age) =>
        Enum.GetValues<RollupStep>().FirstOrDefault(s => age <= s.Retention(), RollupStep.Day);
}
