namespace Hanse.Protocol.Rollups;

/// <summary>The metrics that sites compute and the coordinator keeps and charts. A metric's value is a set of counts by label; a label that is missing
/// counts zero, so a count that fell to zero is told like any other.</summary>
public static class RollupMetrics
{
    public const string HostStatus = "hosts.status";
    public const string HostOs = "hosts.os";
    public const string AgentVersions = "hosts.agent-version";
    public const string PendingUpdates = "updates.pending";
    public const string CertificateExpiries = "certificates.expiry";
    public const string Outbox = "outbox";

    /// <summary>Slots: computed once sites have baselines and a vulnerability feed.</summary>
    public const string Compliance = "compliance.score";
    public const string Vulnerabilities = "vulnerability.score";

    /// <summary>The label under which a site counts what no longer fits.</summary>
    public const string Other = "(other)";

    /// <summary>Labels a value has at the most.</summary>
    public const int MaxLabels = 50;

    /// <summary>Characters of a label at the most.</summary>
    public const int MaxLabel = 128;

    public static IReadOnlyList<RollupMetric> All { get; } =
    [
        new(HostStatus, "hosts", "Hosts by status: online, offline, quarantined, banned."),
        new(HostOs, "hosts", "Hosts by operating system."),
        new(AgentVersions, "hosts", "Hosts by version of their agent."),
        new(PendingUpdates, "updates", "Pending updates: hosts that have some, updates in all, security updates in all."),
        new(CertificateExpiries, "certificates", "Certificates on hosts by when they end: expired, within 7, 30, 90 days, later."),
        new(Outbox, "entries", "The site's outbox: entries that wait, by class, those set aside, and the age of the oldest in seconds."),
        new(Compliance, "hosts", "Hosts by compliance with their baselines; empty until sites have baselines."),
        new(Vulnerabilities, "hosts", "Hosts by the gravest vulnerability found; empty until sites look for them."),
    ];
}

/// <param name="Name">Its key on the wire and in the API.</param>
/// <param name="Unit">What its counts count.</param>
/// <param name="Summary">For people.</param>
public sealed record RollupMetric(string Name, string Unit, string Summary);
