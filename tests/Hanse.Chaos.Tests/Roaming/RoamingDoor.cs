using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Hanse.Chaos.Tests.Ground;
using Hanse.Chaos.Tests.World;
using Hanse.TestKit;

namespace Hanse.Chaos.Tests.Roaming;

/// <summary>A gateway with a cable inside and one to the street, whatever process it is by now: an upgrade in place hands it on.</summary>
internal sealed partial class RoamingDoor(ChaosNode node, IPAddress street)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private int? _successor;

    public ChaosNode Node => node;

    /// <summary>Where the street finds it.</summary>
    public IPAddress Street => street;

    public int ProcessId => _successor ?? node.ProcessId;

    public async Task UpgradeAsync()
    {
        var (before, upgrades) = (ProcessId, Upgrades().Count);
        await SignalAsync("USR2");
        await Wait.For($"{node.Name} to be upgraded", () => Upgrades().Count > upgrades && !IsAlive(before), Patience, node.LogTail);
        _successor = int.Parse(Upgrades()[^1].Groups[1].ValueSpan, CultureInfo.InvariantCulture);
    }

    public async Task KillAsync()
    {
        await SignalAsync("KILL");
        await Wait.For($"{node.Name} to be gone", () => !IsAlive(ProcessId), Patience, node.LogTail);
    }

    public async Task StopAsync()
    {
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
