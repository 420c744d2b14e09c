namespace Hanse.Protocol.Commands;

/// <summary>What an order must be before it becomes a command, the same at the coordinator and at a site's socket (J6).</summary>
public static class OrderRules
{
    public const int MaximumHosts = 100_000;
    public static readonly TimeSpan MaximumDeadline = TimeSpan.FromDays(30);
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>The first rule it breaks, or null.</summary>
    /// <param name="hosts">Ids or hostnames.</param>
    /// <param name="script">What to run.</param>
    /// <param name="deadline">How long it may take until it starts; null: the default.</param>
    /// <param name="reason">Why, for the audit log.</param>
    public static FieldBreach? Check(IReadOnlyList<string>? hosts, ScriptView? script, TimeSpan? deadline, string? reason) => hosts switch
    {
        null or [] => new("hosts", "A command needs at least one host: ids or hostnames."),
        { Count: > MaximumHosts } => new("hosts", $"A command takes at most {MaximumHosts} hosts. Give several commands."),
        _ when hosts.Any(string.IsNullOrWhiteSpace) => new("hosts", "A host is empty. Give its id or hostname."),
        _ when script is null => new("script", "A command needs a script: interpreter and body, or arguments."),
        _ when deadline is { } time && (time < Shortest || time > MaximumDeadline) => new("deadline", "The deadline must be between 1s and 30d."),
        _ => ScriptRules.Check(script) ?? ScriptRules.Reason(reason),
    };
}
