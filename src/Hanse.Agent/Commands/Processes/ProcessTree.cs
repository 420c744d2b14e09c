using System.Globalization;
using System.Text;
using Hanse.Agent.Commands.Journal;
using Hanse.Agent.Native;
using Hanse.Protocol.Ids;

namespace Hanse.Agent.Commands.Processes;

/// <summary>All processes of one execution (D5), found again from its journal after the agent died. In a cgroup nothing escapes; without one
/// a process is known by its session or group, or by the variable every execution carries in its environment: only a
/// process that does away with all three escapes.</summary>
internal sealed class ProcessTree(CommandId id, ExecutionPlace place)
{
    /// <summary>Names the execution in its environment.</summary>
    internal const string Variable = "HANSE_COMMAND_ID";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private readonly byte[] _mark = Encoding.UTF8.GetBytes($"{Variable}={id}");

    internal IReadOnlyList<int> Members() => place.Cgroup.Length > 0 ? InCgroup() : InProc();

    internal void Signal(int signal)
    {
        foreach (var pid in Members())
        {
            _ = Libc.Kill(pid, signal);
        }
    }

    /// <summary>Kills until nothing is left. False if something still lives when the time is up (a process in an uninterruptible call).</summary>
    internal async Task<bool> KillAsync(TimeSpan limit, TimeProvider time)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            KillOnce();
            if (IsGone())
            {
                return true;
            }

            if (time.GetElapsedTime(started) > limit)
            {
                return false;
            }

            await Task.Delay(Pause, time);
        }
    }

    private void KillOnce()
    {
        var kill = Path.Combine(place.Cgroup, "cgroup.kill");
        if (place.Cgroup.Length > 0 && File.Exists(kill))
        {
            Quietly(() => File.WriteAllText(kill, "1"));
            return;
        }

        // A process may fork while it is looked for, so look until a look finds none; what forks on is behind each time.
        for (var round = 0; round < 100 && Members() is { Count: > 0 } members; round++)
        {
            foreach (var pid in members)
            {
                _ = Libc.Kill(pid, Libc.SigKill);
            }
        }
    }

    // Once its folder is gone no process can enter the cgroup any more: that settles the race with a launcher.
    private bool IsGone()
    {
        if (place.Cgroup.Length == 0)
        {
            return Members().Count == 0;
        }

        Quietly(() =>
        {
            foreach (var inner in Directory.EnumerateDirectories(place.Cgroup, "*", SearchOption.AllDirectories).OrderByDescending(p => p.Length))
            {
                Directory.Delete(inner);
            }

            Directory.Delete(place.Cgroup);
        });
        return !Directory.Exists(place.Cgroup);
    }

    private List<int> InCgroup()
    {
        var found = new List<int>();
        Quietly(() =>
        {
            foreach (var folder in Directory.EnumerateDirectories(place.Cgroup, "*", SearchOption.AllDirectories).Prepend(place.Cgroup))
            {
                found.AddRange(File.ReadLines(Path.Combine(folder, "cgroup.procs")).Select(l => int.Parse(l, CultureInfo.InvariantCulture)));
            }
        });
        return found;
    }

    private List<int> InProc()
    {
        var all = ProcessTable.All().Where(p => p.State != 'Z' && p.Pid != Environment.ProcessId).ToList();
        // The kernel gives no number away while it names a group or session: another start time means that all are gone.
        var leader = place.Pid == 0 ? null : ProcessTable.Read(place.Pid);
        var grouped = place.Pid != 0 && (leader is null || leader.StartTicks == place.StartTicks);
        return all.Where(p => (grouped && (p.Session == place.Pid || p.Group == place.Pid)) || ProcessTable.HasEnvironment(p.Pid, _mark))
            .Select(p => p.Pid).ToList();
    }

    private static void Quietly(Action action)
    {
        try
        {
            action();
        }
        catch (Exception raced) when (raced is IOException or UnauthorizedAccessException)
        {
            // Processes and their cgroup go away while they are looked at; the caller looks again.
        }
    }
}
