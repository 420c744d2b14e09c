namespace Hanse.Agent.Data;

/// <summary>What <c>status -o json</c> prints.</summary>
internal sealed record StatusView
{
    public required string DataDir { get; init; }

    public required bool Joined { get; init; }

    public required bool Running { get; init; }

    public string? Pid { get; init; }

    public string? HostId { get; init; }

    public string? SiteId { get; init; }

    public string? FederationId { get; init; }

    public string? ServerName { get; init; }

    /// <summary>The site's own.</summary>
    public IReadOnlyList<string>? Addresses { get; init; }

    /// <summary>Those of gateways that lead to it.</summary>
    public IReadOnlyList<string>? Gateways { get; init; }

    public DateTimeOffset? CertificateEnds { get; init; }

    /// <summary>online or offline.</summary>
    public string? Link { get; init; }

    /// <summary>local or gateway.</summary>
    public string? Path { get; init; }

    public string? PathAddress { get; init; }

    public DateTimeOffset? LinkSince { get; init; }

    public string? LastErrorCode { get; init; }

    public string? LastError { get; init; }
}
