namespace Hanse.Agent.Data;

/// <summary>What <c>run</c> leaves for <c>status</c>. It tells the past when the agent does not run.</summary>
internal sealed record StatusRecord(string Link, DateTimeOffset Since, string? LastErrorCode, string? LastError)
{
    /// <summary>Where the link goes; null while there is none.</summary>
    public string? Address { get; init; }

    /// <summary>Whether that is a gateway's address.</summary>
    public bool? ByGateway { get; init; }
}
