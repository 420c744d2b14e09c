namespace Hanse.Agent.Native;

/// <summary>Time since this boot, counted through suspend and unmoved by changes of the wall clock (D4).</summary>
internal interface IBootClock
{
    /// <summary>Names this boot: readings of different boots cannot be compared.</summary>
    string BootId { get; }

    TimeSpan Elapsed { get; }
}
