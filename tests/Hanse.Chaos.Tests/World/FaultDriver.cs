using System.Diagnostics;
using Hanse.Chaos.Tests.Ground;
using Hanse.Chaos.Tests.Plan;

namespace Hanse.Chaos.Tests.World;

/// <summary>Does what the plan says when it says so, and heals it.</summary>
internal sealed class FaultDriver(ChaosFederation federation, Action<string> tell)
{
    private const int LossPercent = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(400);
    private readonly RestoreDriver _restores = new(federation, tell);
    private readonly long _begun = Stopwatch.GetTimestamp();

    public async Task RunAsync(IReadOnlyList<Fault> plan, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var recovering = RecoverAsync(over.Token);
        await Task.WhenAll(plan.Select(f => RunAsync(f, cancellation)));
        await over.CancelAsync();
        await recovering;
    }

    /// <summary>All as it should be, whatever was under way.</summary>
    public async Task HealAsync()
    {
        foreach (var node in federation.Nodes)
        {
            node.Turn(0);
            await CutAsync(node.Name, false);
            Fill(node, false);
            if (!node.IsRunning)
            {
                node.Start();
            }
        }

        foreach (var server in federation.Servers.Values)
        {
            (server.Relay.Delay, server.Relay.LossPercent, server.Relay.Held) = (TimeSpan.Zero, 0, false);
        }

        using var patience = new CancellationTokenSource(Patience);
        await _restores.FinishRecoveryAsync(patience.Token);
    }

    /// <summary>An operator who sees to it, whenever a coordinator was restored.</summary>
    private async Task RecoverAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await _restores.FinishRecoveryAsync(cancellation);
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over; healing sees to the rest.
        }
    }

    private async Task RunAsync(Fault fault, CancellationToken cancellation)
    {
        await UntilAsync(fault.At, cancellation);
        tell(fault.ToString());
        await SetAsync(fault, true);
        await UntilAsync(fault.Until, cancellation);
        await SetAsync(fault, false);
    }

    private async Task SetAsync(Fault fault, bool on)
    {
        var node = federation.Nodes.Single(n => n.Name == fault.Node);
        var relay = RelayOf(fault.Node);
        switch (fault.Kind)
        {
            case FaultKind.Kill or FaultKind.Expiry when on:
                await node.KillAsync();
                break;
            case FaultKind.Kill or FaultKind.Expiry:
                node.Start();
                break;
            case FaultKind.Restore when on:
                await _restores.BackUpAsync(node);
                break;
            case FaultKind.Restore:
                await _restores.RestoreAsync(node);
                break;
            case FaultKind.KillDatabase:
                _ = on && node.KillDatabase();
                break;
            case FaultKind.Partition:
                await CutAsync(fault.Node, on);
                break;
            case FaultKind.Delay:
                relay.Delay = on ? Delay : TimeSpan.Zero;
                break;
            case FaultKind.Loss:
                relay.LossPercent = on ? LossPercent : 0;
                break;
            case FaultKind.ClockJump:
                node.Turn(on ? fault.Amount : 0);
                break;
            case FaultKind.FullDisk:
                Fill(node, on);
                break;
        }
    }

    private Task CutAsync(string node, bool cut)
    {
        if (federation.Ground.SeparatesNodes)
        {
            return federation.Ground.CutAsync(node, cut);
        }

        RelayOf(node).Held = cut;
        return Task.CompletedTask;
    }

    /// <summary>A server's own; an agent's is that of its site.</summary>
    private LinkRelay RelayOf(string node) => federation.Servers.TryGetValue(node, out var server) ? server.Relay : federation.Servers[node.Split('-')[0]].Relay;

    private static void Fill(ChaosNode node, bool full)
    {
        var filler = Path.Combine(node.Data, "filler");
        if (!full)
        {
            File.Delete(filler);
            return;
        }

        try
        {
            using var file = File.Create(filler);
            var block = new byte[1 << 20];
            while (true)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            return; // Full: that was the aim.
        }
    }

    private async Task UntilAsync(TimeSpan at, CancellationToken cancellation)
    {
        var left = at - Stopwatch.GetElapsedTime(_begun);
        if (left > TimeSpan.Zero)
        {
            await Task.Delay(left, TimeProvider.System, cancellation);
        }
    }
}
