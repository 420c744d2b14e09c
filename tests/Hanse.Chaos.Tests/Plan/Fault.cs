using System.Globalization;

namespace Hanse.Chaos.Tests.Plan;

/// <summary>One fault of a plan.</summary>
/// <param name="At">Since the run began.</param>
/// <param name="Lasts">Until it is healed.</param>
/// <param name="Kind">What.</param>
/// <param name="Node">Whom.</param>
/// <param name="Amount">Of a clock: seconds, forwards or back.</param>
public sealed record Fault(TimeSpan At, TimeSpan Lasts, FaultKind Kind, string Node, int Amount = 0)
{
    public TimeSpan Until => At + Lasts;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{At.TotalSeconds,6:0.0} s  {Kind} {Node}{(Amount == 0 ? "" : $" {Amount:+0;-0} s")} for {Lasts.TotalSeconds:0.0} s");
}
