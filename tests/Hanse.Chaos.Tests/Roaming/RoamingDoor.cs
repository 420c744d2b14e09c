using System.Globalization;
using System.Text.RegularExpressions;
using Hanse.Chaos.Tests.Ground;
using Hanse.Chaos.Tests.World;
using Hanse.TestKit;

namespace Hanse.Chaos.Tests.Roaming;

/// <summary>A gateway with a cable inside and one to the street, whatever process it is by now: an upgrade in place hands it on.</summary>
internal sealed partial class RoamingDoor(ChaosNode node, Keepalived? keepalived)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private int? _successor;

    public ChaosNode Node => node;

    /// <summary>Where an address moves between the doors.</summary>
    public Keepalived? Keepalived => keepalived;

    public int ProcessId => _successor ?? node.ProcessId;

    public async Task UpgradeAsync()
    {
        var (before, upgrades) = (ProcessId, Upgrades().Count);
        node.LetGo();
        await SignalAsync("USR2");
        await Wait.For($"{node.Name} to be upgraded", () => Upgrades().Count > upgrades && !IsAlive(before), Patience, node.LogTail);
        _successor = int.Parse(Upgrades()[^1].Groups[1].ValueSpan, CultureInfo.InvariantCulture);
    }

    public async Task KillAsync()
    {
        node.LetGo();
        await SignalAsync("KILL");
        await Wait.For($"{node.Name} to be gone", () => !IsAlive(ProcessId) && !node.IsRunning, Patience, node.LogTail);
    }

    /// <summary>Again, after it was killed.</summary>
    public Task StartAsync()
    {
        _successor = null;
        node.Start();
        return Task.CompletedTask;
    }

    /// <summary>It lives and does nothing; the kernel still takes its connections.</summary>
    public Task PauseAsync() => SignalAsync("STOP");

    public Task ResumeAsync() => SignalAsync("CONT");

    /// <summary>The whole machine dies, and says nothing to anybody.</summary>
    public async Task LosePowerAsync(NamespaceGround ground)
    {
        await ground.CutAsync(node.Name, true);
        await KillAsync();
        if (keepalived is not null)
        {
            await keepalived.Node.KillAsync();
        }
    }

    public async Task StopAsync()
    {
        if (keepalived is not null)
        {
            await keepalived.Node.StopAsync();
        }

        if (_successor is { } successor && IsAlive(successor))
        {
            await SignalAsync("TERM");
            await Wait.For($"{node.Name} to end", () => !IsAlive(successor), Patience, node.LogTail);
        }

        await node.StopAsync();
    }

    private MatchCollection Upgrades() => Upgrading().Matches(File.ReadAllText(node.Log));

    private Task SignalAsync(string signal) => Shell.RunAsync("kill", "-" + signal, ProcessId.ToString(CultureInfo.InvariantCulture));

    /// <summary>Not a zombie either: a successor's parent may be gone, and then it is somebody else's to bury.</summary>
    private static bool IsAlive(int process)
    {
        try
        {
            return !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    [GeneratedRegex("\"upgrading\".*\"process\":\"([0-9]+)\"")]
    private static partial Regex Upgrading();
}
