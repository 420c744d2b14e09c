namespace Hanse.Agent.Inventory.Facts;

/// <summary>An installed package. <paramref name="Status"/> is dpkg's word where it is not <c>installed</c> (such as <c>config-files</c>).</summary>
internal sealed record PackageRow(string Name, string Version, string Architecture, string Manager, string? Status);
