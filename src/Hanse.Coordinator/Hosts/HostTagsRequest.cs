namespace Hanse.Coordinator.Hosts;

/// <summary>Body of <c>PUT /hosts/{host}/tags</c>: all tags that the coordinator sets for the host; the reported ones stay.</summary>
public sealed record HostTagsRequest(IReadOnlyList<string> Tags);

/// <summary>Body of <c>POST /hosts/{host}/ban</c>.</summary>
public sealed record HostBanRequest(string Reason);

/// <summary>One section of a host's detail, which its site holds.</summary>
/// <param name="Name">For example <c>packages</c>.</param>
/// <param name="Hash">SHA-256 of the section, in hexadecimal.</param>
/// <param name="CollectedAt">When the agent collected it.</param>
/// <param name="Size">Bytes of its JSON.</param>
/// <param name="Error">Why it could not be collected, or null.</param>
public sealed record HostSection(string Name, string Hash, DateTimeOffset CollectedAt, long Size, string? Error);
