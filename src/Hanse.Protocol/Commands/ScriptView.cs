using Google.Protobuf.Collections;
using Hanse.Protocol.Messages;

namespace Hanse.Protocol.Commands;

/// <summary>A script as the API shows and takes it.</summary>
/// <param name="Interpreter">Absolute path; empty: the first argument is the program and the body must be empty.</param>
/// <param name="Body">Handed to the interpreter as a file.</param>
/// <param name="Arguments">Of the interpreter, after the file.</param>
/// <param name="Environment">Variables added to the agent's clean set.</param>
/// <param name="Timeout">How long it may run.</param>
/// <param name="OutputLimit">Bytes kept of each stream.</param>
/// <param name="RunAs">Local user; empty: the agent's own.</param>
public sealed record ScriptView(
    string? Interpreter = null,
    string? Body = null,
    IReadOnlyList<string>? Arguments = null,
    IReadOnlyDictionary<string, string>? Environment = null,
    TimeSpan? Timeout = null,
    uint? OutputLimit = null,
    string? RunAs = null)
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(10);
    private const uint DefaultOutputLimit = 1024 * 1024;

    public TimeSpan EffectiveTimeout => Timeout ?? DefaultTimeout;

    public uint EffectiveOutputLimit => OutputLimit ?? DefaultOutputLimit;

    public static ScriptView Of(Script script) => new(
        script.Interpreter, script.Body, [.. script.Arguments], new Dictionary<string, string>(script.Environment),
        TimeSpan.FromMilliseconds(script.TimeoutMs), script.OutputLimitBytes, script.RunAs);

    /// <summary>The script as it is sent. Only for one that <see cref="ScriptRules"/> found nothing wrong with.</summary>
    public Script ToWire()
    {
        var script = new Script
        {
            Interpreter = Interpreter ?? "",
            Body = Body ?? "",
            TimeoutMs = (uint)EffectiveTimeout.TotalMilliseconds,
            OutputLimitBytes = EffectiveOutputLimit,
            RunAs = RunAs ?? "",
        };
        script.Arguments.AddRange(Arguments ?? []);
        Add(script.Environment, Environment);
        return script;
    }

    private static void Add(MapField<string, string> environment, IReadOnlyDictionary<string, string>? variables)
    {
        foreach (var (name, value) in variables?.OrderBy(v => v.Key, StringComparer.Ordinal) ?? Enumerable.Empty<KeyValuePair<string, string>>())
        {
            environment.Add(name, value);
        }
    }
}
