using System.Text;
using System.Text.RegularExpressions;

namespace Hanse.Protocol.Commands;

/// <summary>What a script must be before it is sent anywhere, the same where it is given at the coordinator and at a site (J6). Each
/// breach names the field and the fix.</summary>
public static partial class ScriptRules
{
    public const int MaximumBody = 256 * 1024;
    public const int MaximumArguments = 256;
    public const int MaximumText = 128 * 1024;
    public const uint MinimumOutput = 1024;
    public const uint MaximumOutput = 64 * 1024 * 1024;
    public const int MaximumReason = 1000;
    public static readonly TimeSpan MaximumTimeout = TimeSpan.FromDays(7);
    private const int MaximumPath = 4096;
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>The first breach, or null.</summary>
    public static FieldBreach? Check(ScriptView script) =>
        Program(script) ?? Arguments(script.Arguments ?? []) ?? Environment(script.Environment ?? new Dictionary<string, string>()) ?? Limits(script);

    /// <summary>Reasons are one line of text.</summary>
    internal static FieldBreach? Reason(string? reason) => reason switch
    {
        { Length: > MaximumReason } => new("reason", $"The reason has {reason.Length} characters; at most {MaximumReason} are kept. Shorten it."),
        not null when reason.Any(char.IsControl) => new("reason", "The reason has control characters. Write it on one line."),
        _ => null,
    };

    private static FieldBreach? Program(ScriptView script)
    {
        var (interpreter, body) = (script.Interpreter ?? "", script.Body ?? "");
        if (interpreter.Length == 0)
        {
            return body.Length > 0
                ? new("script.interpreter", "A body needs an interpreter to read it. Give its absolute path, such as /bin/sh.")
                : script.Arguments is [{ Length: > 0 }, ..] ? null : new("script.arguments", "Without an interpreter the first argument is the program. Give one.");
        }

        return interpreter[0] != '/' || interpreter.Length > MaximumPath || interpreter.Any(char.IsControl)
            ? new("script.interpreter", $"The interpreter must be an absolute path of at most {MaximumPath} characters without control characters, such as /bin/sh.")
            : Encoding.UTF8.GetByteCount(body) > MaximumBody
            ? new("script.body", $"The body is longer than {MaximumBody} bytes. Put the data on the host, or fetch it from the script.")
            : body.Contains('\0', StringComparison.Ordinal)
            ? new("script.body", "The body has a NUL character. Scripts are text.")
            : null;
    }

    private static FieldBreach? Arguments(IReadOnlyList<string> arguments)
    {
        if (arguments.Count > MaximumArguments)
        {
            return new("script.arguments", $"There are {arguments.Count} arguments; at most {MaximumArguments} are taken.");
        }

        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] is null || arguments[i].Contains('\0', StringComparison.Ordinal))
            {
                return new($"script.arguments[{i}]", "An argument must be text without a NUL character.");
            }
        }

        return arguments.Sum(a => (long)Encoding.UTF8.GetByteCount(a)) > MaximumText
            ? new("script.arguments", $"The arguments are longer than {MaximumText} bytes together.")
            : null;
    }

    private static FieldBreach? Environment(IReadOnlyDictionary<string, string> environment)
    {
        foreach (var (name, value) in environment)
        {
            if (!VariableName().IsMatch(name))
            {
                return new("script.environment", "A variable's name has letters, digits and underscores, and does not begin with a digit. Rename it.");
            }

            if (value is null || value.Contains('\0', StringComparison.Ordinal))
            {
                return new($"script.environment.{name}", "A variable's value must be text without a NUL character.");
            }
        }

        return environment.Sum(v => (long)Encoding.UTF8.GetByteCount(v.Key) + Encoding.UTF8.GetByteCount(v.Value)) > MaximumText
            ? new("script.environment", $"The environment is longer than {MaximumText} bytes.")
            : null;
    }

    private static FieldBreach? Limits(ScriptView script)
    {
        if (script.EffectiveTimeout < Shortest || script.EffectiveTimeout > MaximumTimeout)
        {
            return new("script.timeout", "The timeout must be between 1s and 7d.");
        }

        if (script.EffectiveOutputLimit is < MinimumOutput or > MaximumOutput)
        {
            return new("script.outputLimit", $"The output limit must be between {MinimumOutput} and {MaximumOutput} bytes.");
        }

        return string.IsNullOrEmpty(script.RunAs) || UserName().IsMatch(script.RunAs)
            ? null
            : new("script.runAs", "The user to run as must be a local user's name, such as nobody.");
    }

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]{0,255}\z")]
    private static partial Regex VariableName();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?\z")]
    private static partial Regex UserName();
}

/// <summary>Which field is wrong, and what to do about it.</summary>
public sealed record FieldBreach(string Field, string Fix);
