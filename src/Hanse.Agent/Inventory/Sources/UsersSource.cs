using System.Globalization;

namespace Hanse.Agent.Inventory.Sources;

/// <summary>Section <c>users</c>: local accounts with their groups. Of /etc/shadow only whether a password is locked or absent is told,
/// never any part of it.</summary>
internal sealed class UsersSource(HostView host) : IInventorySource
{
    public string Section => "users";

    public Task<byte[]> CollectAsync(CancellationToken cancellation)
    {
        var passwd = host.Text("/etc/passwd") ?? throw new InventoryException("/etc/passwd cannot be read.");
        var groups = host.Lines("/etc/group").Select(l => l.Split(':')).Where(p => p.Length >= 4).ToList();
        var names = groups.GroupBy(g => g[2], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First()[0], StringComparer.Ordinal);
        var shadow = host.Lines("/etc/shadow").Select(l => l.Split(':')).Where(p => p.Length >= 2)
            .GroupBy(p => p[0], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First()[1], StringComparer.Ordinal);
        var users = passwd.Split('\n').Select(l => l.Split(':')).Where(p => p.Length >= 7);
        return Task.FromResult(SectionJson.Rows(users, u => u[0], (json, user) =>
        {
            json.Text("comment", user[4]);
            json.Number("gid", Number(user[3]));
            json.Text("group", names.GetValueOrDefault(user[3]));
            json.Texts("groups", groups.Where(g => g[3].Split(',').Contains(user[0], StringComparer.Ordinal)).Select(g => g[0]).Order(StringComparer.Ordinal));
            json.Text("home", user[5]);
            json.Text("name", user[0]);
            json.Text("password", shadow.TryGetValue(user[0], out var field) ? Password(field) : null);
            json.Text("shell", user[6]);
            json.Number("uid", Number(user[2]));
        }));
    }

    // shadow(5): empty means no password at all; a field that begins with ! or * can never match.
    private static string Password(string field) => field.Length == 0 ? "none" : field[0] is '!' or '*' ? "locked" : "set";

    private static long? Number(string text) => long.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null;
}
