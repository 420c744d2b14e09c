using System.Text;
using Hanse.Agent.Data;
using Hanse.Agent.Native;
using Hanse.Protocol.Ids;

namespace Hanse.Agent.Commands.Processes;

/// <summary>
/// Starts a script so that no instant exists at which it runs unjournaled (D5):
/// 1. the launch file (environment, folder, exec) and the body are written, private to the user;
/// 2. a gate is spawned in a session of its own: a shell that waits for a line on its stdin and ends at end of file, so it ends with the agent;
/// 3. the caller moves it into its cgroup, journals its process id, sets a <see cref="DeathWatch"/> over it, and only then opens the gate;
/// 4. the gate becomes, by exec, setpriv (another user) and the launch file, which becomes the program.
/// Nothing of the order is in an argument of the gate, so <c>ps</c> shows no environment.
/// </summary>
internal static class ScriptLauncher
{
    private const string Gate = "IFS= read -r go && [ \"$go\" = go ] && exec \"$@\" </dev/null; exit 125";
    private const string OpenWord = "go";

    /// <summary>Step 1. Returns the folder's launch file.</summary>
    internal static string Write(PreparedScript prepared, string folder, CommandId id)
    {
        var launch = Path.Combine(folder, "launch");
        var body = Path.Combine(folder, "script");
        var script = prepared.Script;
        var program = new List<string> { prepared.Program };
        if (script.Interpreter.Length > 0)
        {
            WritePrivate(body, script.Body, prepared);
            program.Add(body);
            program.AddRange(script.Arguments);
        }
        else
        {
            program.AddRange(script.Arguments.Skip(1));
        }

        var text = new StringBuilder("#!/bin/sh\n");
        foreach (var (name, value) in Variables(prepared, id))
        {
            text.Append("export ").Append(name).Append('=').Append(Quote(value)).Append('\n');
        }

        text.Append("cd ").Append(Quote(prepared.User.Home)).Append(" 2>/dev/null || cd /\nexec");
        foreach (var word in program)
        {
            text.Append(' ').Append(Quote(word));
        }

        WritePrivate(launch, text.Append('\n').ToString(), prepared);
        return launch;
    }

    /// <summary>Step 2.</summary>
    /// <exception cref="SpawnException">The system refused.</exception>
    internal static ChildProcess SpawnGate(PreparedScript prepared, string launch, CommandId id, IChildOutput output)
    {
        string[] become = prepared.SwitchUser
            ? ["setpriv", $"--reuid={prepared.User.Id}", $"--regid={prepared.User.Group}", "--init-groups", "--", "/bin/sh", launch]
            : ["/bin/sh", launch];
        KeyValuePair<string, string>[] environment = [new("PATH", ScriptChecker.DefaultPath), new(ProcessTree.Variable, id.ToString())];
        return ChildProcess.Start(new ChildStart("/bin/sh", ["-c", Gate, "hanse-gate", .. become], environment, Gated: true), output);
    }

    /// <summary>Step 3's end.</summary>
    internal static bool Open(ChildProcess gate) => gate.Release(OpenWord);

    private static Dictionary<string, string> Variables(PreparedScript prepared, CommandId id)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HOME"] = prepared.User.Home,
            ["LANG"] = "C.UTF-8",
            ["LOGNAME"] = prepared.User.Name,
            ["PATH"] = ScriptChecker.DefaultPath,
            ["SHELL"] = prepared.User.Shell.Length > 0 ? prepared.User.Shell : "/bin/sh",
            ["USER"] = prepared.User.Name,
        };
        foreach (var (name, value) in prepared.Script.Environment)
        {
            variables[name] = value;
        }

        variables[ProcessTree.Variable] = id.ToString();
        return variables;
    }

    private static void WritePrivate(string path, string content, PreparedScript prepared)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = PrivateFolder.Mode };
        using (var file = new FileStream(path, options))
        {
            file.Write(Encoding.UTF8.GetBytes(content));
        }

        if (prepared.SwitchUser && Libc.ChangeOwner(path, prepared.User.Id, prepared.User.Group) != 0)
        {
            throw new IOException($"{path} could not be given to user {prepared.User.Name}.");
        }
    }

    // Within single quotes a shell takes everything literally but the single quote.
    private static string Quote(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
