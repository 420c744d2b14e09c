namespace Hanse.Agent.Inventory.Facts;

/// <summary>Reads dpkg's database, as the tool lists it and as it lies on the disk. Both give the same rows: every package but
/// those that are not installed at all.</summary>
internal static class DpkgStatus
{
    internal static IEnumerable<PackageRow> ParseListing(string text) => text.Split('\n')
        .Select(line => line.Split('\t'))
        .Where(parts => parts.Length == 4 && parts[3] != "not-installed")
        .Select(parts => Row(parts[0], parts[1], parts[2], parts[3]));

    internal static IEnumerable<PackageRow> Parse(string text)
    {
        string name = "", version = "", architecture = "", status = "";
        foreach (var line in text.Split('\n').Append(""))
        {
            if (line.Length == 0)
            {
                if (name.Length > 0 && status.Length > 0 && status != "not-installed")
                {
                    yield return Row(name, version, architecture, status);
                }

                (name, version, architecture, status) = ("", "", "", "");
                continue;
            }

            // Lines that begin with a blank belong to the field before.
            var colon = line[0] is ' ' or '\t' ? -1 : line.IndexOf(':', StringComparison.Ordinal);
            var value = colon < 0 ? "" : line[(colon + 1)..].Trim();
            switch (colon < 0 ? "" : line[..colon])
            {
                case "Package": name = value; break;
                case "Version": version = value; break;
                case "Architecture": architecture = value; break;
                case "Status": status = value.Split(' ')[^1]; break;
                default: break;
            }
        }
    }

    private static PackageRow Row(string name, string version, string architecture, string status) =>
        new(name, version, architecture, "dpkg", status == "installed" ? null : status);
}
