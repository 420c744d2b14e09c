namespace Hanse.Server.Configuration;

/// <summary>A value as it was written, and where.</summary>
internal sealed record ConfigurationEntry(string Source, string Path, IReadOnlyList<string> Values, bool IsList);
