using Hanse.Agent.Native;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Commands.Processes;

/// <summary>Judges an offered script before it is taken: only then may it still be rejected (D2).</summary>
internal sealed class ScriptChecker(ExecutionOptions options)
{
    internal const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>One of the two is set.</summary>
    internal (PreparedScript? Prepared, ScriptRefusal? Refusal) Check(Script? script)
    {
        if (script is null || InvalidBecause(script) is not null)
        {
            return Refuse(ExecutionReasons.ScriptInvalid, script is null ? "The order holds no script." : InvalidBecause(script)!);
        }

        var self = LocalUser.Current();
        var user = script.RunAs.Length == 0 ? self : LocalUser.Find(script.RunAs);
        if (user is null)
        {
            return Refuse(ExecutionReasons.UserUnknown, $"This host has no user '{script.RunAs}'. Name one of its accounts in runAs.");
        }

        var switches = user.Id != self.Id;
        if (switches && self.Id != 0)
        {
            return Refuse(ExecutionReasons.RunAsForbidden, $"The agent runs as '{self.Name}' and cannot become '{user.Name}'. Run the agent as root.");
        }

        var wanted = script.Interpreter.Length > 0 ? script.Interpreter : script.Arguments[0];
        if (Find(wanted, script) is not { } program)
        {
            return Refuse(ExecutionReasons.InterpreterMissing, $"'{wanted}' was not found on this host or may not be executed.");
        }

        var timeout = script.TimeoutMs == 0 ? options.DefaultTimeout : TimeSpan.FromMilliseconds(script.TimeoutMs);
        var limit = script.OutputLimitBytes == 0 ? options.DefaultOutput : Math.Min(script.OutputLimitBytes, options.MaximumOutput);
        return (new PreparedScript(script, user, program, switches, timeout, limit), null);
    }

    private string? InvalidBecause(Script script)
    {
        if (script.CalculateSize() > options.MaximumScript)
        {
            return $"The script is larger than {options.MaximumScript} bytes.";
        }

        if (script.Interpreter.Length == 0 && (script.Arguments.Count == 0 || script.Body.Length > 0))
        {
            return "Without an interpreter the first argument is the program, and there can be no body.";
        }

        if (script.Environment.Keys.FirstOrDefault(k => !IsName(k)) is { } name)
        {
            return $"environment: '{name}' is not a variable's name (letters, digits and _, not beginning with a digit).";
        }

        return script.Arguments.Concat(script.Environment.Values).Append(script.Interpreter).Any(v => v.Contains('\0', StringComparison.Ordinal))
            ? "Arguments, environment and interpreter cannot hold NUL characters."
            : null;
    }

    private static bool IsName(string text) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static string? Find(string wanted, Script script)
    {
        if (wanted.Contains('/', StringComparison.Ordinal))
        {
            return wanted[0] == '/' && IsExecutable(wanted) ? wanted : null;
        }

        var path = script.Environment.TryGetValue("PATH", out var own) ? own : DefaultPath;
        return path.Split(':').Where(f => f.StartsWith('/')).Select(f => Path.Combine(f, wanted)).FirstOrDefault(IsExecutable);
    }

    private static bool IsExecutable(string path) => File.Exists(path)
        && (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;

    private static (PreparedScript?, ScriptRefusal?) Refuse(string reason, string detail) =>
        (null, new ScriptRefusal(ExecutionState.Rejected, reason, detail));
}
