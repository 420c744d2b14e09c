using System.Globalization;
using Hanse.Agent.Native;
using Hanse.Protocol.Ids;

namespace Hanse.Agent.Commands.Processes;

/// <summary>
/// A shell that outlives the agent for a moment: it waits on a pipe that only the agent holds, and if that ends without a word, because the
/// agent was killed, it kills the execution at once (D5). Without it a script would run on until the agent is started again.
/// It finds what <see cref="ProcessTree"/> finds: a cgroup, or else the session, the group and the variable in the environment.
/// </summary>
internal sealed class DeathWatch : IDisposable
{
    private const string OverWord = "over";

    // The mark is no variable of the environment, or the watch would find itself. In /proc/<pid>/stat, after the name in brackets, the first
    // word is the state, the third the group, the fourth the session, the twentieth the start time.
    private const string Script = """
        mark=$1
        read -r word && [ "$word" = over ] && exit 0
        if [ -n "$cgroup" ] && [ -w "$cgroup/cgroup.kill" ]; then
          echo 1 > "$cgroup/cgroup.kill"
          exit 0
        fi
        exec 2>/dev/null
        if read -r stat < "/proc/$leader/stat"; then
          set -- ${stat##*) }
          [ "${20}" = "$leader_start" ] || leader=reused
        fi
        round=0 left=yes
        while [ -n "$left" ] && [ "$round" -lt 100 ]; do
          round=$((round + 1)) left=
          for folder in /proc/[0-9]*; do
            read -r stat < "$folder/stat" || continue
            set -- ${stat##*) }
            if [ "$1" != Z ] && { [ "$3" = "$leader" ] || [ "$4" = "$leader" ]; }; then
              left=yes
              kill -s KILL "${folder#/proc/}"
            fi
          done
          for file in $(grep -lsaF "$mark" /proc/[0-9]*/environ); do
            left=yes folder=${file%/environ}
            kill -s KILL "${folder#/proc/}"
          done
        done
        """;

    private readonly ChildProcess _shell;

    private DeathWatch(ChildProcess shell) => _shell = shell;

    /// <exception cref="SpawnException">The system refused.</exception>
    internal static DeathWatch Over(CommandId id, string cgroup, ChildProcess leader)
    {
        KeyValuePair<string, string>[] environment =
        [
            new("PATH", ScriptChecker.DefaultPath),
            new("cgroup", cgroup),
            new("leader", leader.Pid.ToString(CultureInfo.InvariantCulture)),
            new("leader_start", leader.StartTicks.ToString(CultureInfo.InvariantCulture)),
        ];
        return new(ChildProcess.Start(new ChildStart("/bin/sh", ["-c", Script, "hanse-watch", $"{ProcessTree.Variable}={id}"], environment, Gated: true), NoOutput.Instance));
    }

    /// <summary>The execution is over, and so is the watch: nothing is killed.</summary>
    internal async Task EndAsync()
    {
        _ = _shell.Release(OverWord);
        await _shell.Exited;
    }

    public void Dispose() => _shell.Dispose();

    private sealed class NoOutput : IChildOutput
    {
        internal static readonly NoOutput Instance = new();

        public void Stdout(ReadOnlySpan<byte> data)
        {
        }

        public void Stderr(ReadOnlySpan<byte> data)
        {
        }
    }
}
