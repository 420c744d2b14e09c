namespace Hanse.Chaos.Tests.Work;

/// <summary>A command as its giver remembers it.</summary>
internal sealed class Order
{
    public required string Key { get; init; }

    /// <summary>Where it was given: the coordinator, or a site whose own socket was used.</summary>
    public required string Server { get; init; }

    /// <summary>Names of agents.</summary>
    public required IReadOnlyList<string> Agents { get; init; }

    public required object Body { get; init; }

    /// <summary>Null until it was acknowledged.</summary>
    public string? Id { get; set; }

    /// <summary>When the try began that was acknowledged: its server took it at some moment between this and <see cref="AcknowledgedAt"/>.</summary>
    public DateTimeOffset AskedAt { get; set; }

    public DateTimeOffset AcknowledgedAt { get; set; }

    /// <summary>Why it was not taken; it must not have had any effect.</summary>
    public string? Refusal { get; set; }

    /// <summary>Its giver thinks better of it at once.</summary>
    public required bool IsCancelled { get; init; }

    /// <summary>Of the last try; for a failure's message.</summary>
    public string LastAnswer { get; set; } = "never asked";

    public bool IsDecided => Id is not null || Refusal is not null;
}
