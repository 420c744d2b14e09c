using System.Diagnostics;
using System.Runtime.InteropServices;
using Hanse.Chaos.Tests.Plan;
using Hanse.Chaos.Tests.Work;
using Hanse.Chaos.Tests.World;
using Hanse.TestKit;

namespace Hanse.Chaos.Tests;

/// <summary>The real programs under everything that goes wrong, while work goes on; then all is healed, and every invariant must hold.</summary>
[Collection(OneAtATime)]
public sealed class ChaosTests
{
    /// <summary>Worlds of real programs take turns: each is as much as a small machine carries.</summary>
    public const string OneAtATime = "one world";


    private static readonly TimeSpan Short = TimeSpan.FromSeconds(25);
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    [Fact]
    public async Task Whatever_goes_wrong_the_invariants_hold_when_it_is_over()
    {
        await using var federation = await ChaosFederation.PrepareAsync(Chance.Of(Chance.Seed, 1));
        var duration = Chance.Asked ?? Short;
        var limits = federation.Limits;
        // The short form has no time for whoever is away for longer than a certificate lives, nor for the way back of a restored coordinator.
        var kinds = duration > ChaosFederation.LeafLifetime * 2 ? limits.Kinds : [.. limits.Kinds.Where(k => k is not (FaultKind.Expiry or FaultKind.Restore))];
        var plan = FaultPlanner.Plan(Chance.Seed, duration, limits with { Kinds = kinds });
        Tell($"seed {Chance.Seed}, {plan.Count} faults in {duration.TotalSeconds:0} s; {federation.Ground.Description}; delay and loss in user space, at the relays");
        federation.Missing.ToList().ForEach(Tell);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        // A run that is told to end ends what it started first.
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => (context.Cancel, _) = (true, over.CancelAsync()));
        await federation.StartAsync(plan.Where(f => f.Kind == FaultKind.ClockJump).Select(f => f.Node));

        var faults = new FaultDriver(federation, Tell);
        var work = new Workload(federation, Chance.Of(Chance.Seed, 2));
        var working = work.RunAsync(over.Token);
        await faults.RunAsync(plan, over.Token);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, over.Token);
        await over.CancelAsync();
        await working;
        await faults.HealAsync();
        Tell($"healed; {work.Orders.Count} orders, {work.Orders.Count(o => o.Id is not null)} acknowledged so far");

        await new Invariants(federation, work).CheckAsync();
        Assert.True(work.Orders.Count(o => o.Id is not null) > duration.TotalSeconds / 4, $"Only {work.Orders.Count} orders: nothing was put to the test. {Chance.Repeat("chaos")}");
        Tell($"held: {work.Orders.Count(o => o.Id is not null)} commands, {work.Orders.Count(o => o.Refusal is not null)} refused");
    }

    private void Tell(string what) => Console.Error.WriteLine($"chaos {_watch.Elapsed.TotalSeconds,6:0.0} s: {what}");
}
