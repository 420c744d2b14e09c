namespace Hanse.Agent.Data;

/// <summary>What <c>run</c> leaves for <c>status</c>. It tells the past when the agent does not run.</summary>
internal sealed record StatusRecord(string Link, DateTimeOffset Since, string? LastErrorCode, string? LastError);
