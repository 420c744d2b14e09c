using System.Security.Cryptography;
using System.Text.Json;
using Hanse.Protocol.Commands;

namespace Hanse.Coordinator.Commands;

/// <summary>Body of POST /commands.</summary>
/// <param name="Hosts">Ids or hostnames; a host named twice counts once.</param>
/// <param name="Script">What to run.</param>
/// <param name="Deadline">How long it may take until it starts.</param>
/// <param name="Reason">Why, for the audit log.</param>
internal sealed record CommandRequest(IReadOnlyList<string>? Hosts, ScriptView? Script, TimeSpan? Deadline = null, string? Reason = null)
{
    /// <summary>The first rule it breaks, or null.</summary>
    public FieldBreach? Check() => OrderRules.Check(Hosts, Script, Deadline, Reason);

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
