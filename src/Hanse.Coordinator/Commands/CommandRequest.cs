using System.Security.Cryptography;
using System.Text.Json;

namespace Hanse.Coordinator.Commands;

/// <summary>Body of POST /commands.</summary>
/// <param name="Hosts">Ids or hostnames; a host named twice counts once.</param>
/// <param name="Script">What to run.</param>
/// <param name="Deadline">How long it may take until it starts.</param>
/// <param name="Reason">Why, for the audit log.</param>
internal sealed record CommandRequest(IReadOnlyList<string>? Hosts, ScriptView? Script, TimeSpan? Deadline = null, string? Reason = null)
{
    public const int MaximumHosts = 100_000;
    public static readonly TimeSpan MaximumDeadline = TimeSpan.FromDays(30);
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>The first rule it breaks, or null.</summary>
    public FieldBreach? Check() => this switch
    {
        { Hosts: null or [] } => new("hosts", "A command needs at least one host: ids or hostnames."),
        { Hosts.Count: > MaximumHosts } => new("hosts", $"A command takes at most {MaximumHosts} hosts. Give several commands."),
        _ when Hosts.Any(string.IsNullOrWhiteSpace) => new("hosts", "A host is empty. Give its id or hostname."),
        { Script: null } => new("script", "A command needs a script: interpreter and body, or arguments."),
        { Deadline: { } deadline } when deadline < Shortest || deadline > MaximumDeadline => new("deadline", "The deadline must be between 1s and 30d."),
        _ => ScriptRules.Check(Script) ?? ScriptRules.Reason(Reason),
    };

    /// <summary>Equal for requests that say the same: what an idempotency key stands for.</summary>
    public byte[] Hash() => SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new
    {
        Hosts,
        Script!.Interpreter,
        Script.Body,
        Script.Arguments,
        Environment = Script.Environment?.OrderBy(v => v.Key, StringComparer.Ordinal),
        Script.Timeout,
        Script.OutputLimit,
        Script.RunAs,
        Deadline,
        Reason,
    }));
}
