using Hanse.Coordinator.Api;
using Hanse.Protocol.Ids;

namespace Hanse.Coordinator.Hosts.Search;

/// <summary>Where a page ended, and in which order: the order is chosen on the first page and kept to the last.</summary>
internal sealed record HostCursor(string? Hostname, Guid Id)
{
    public bool ById => Hostname is null;

    public static bool TryParse(string text, out HostCursor? cursor)
    {
        cursor = Cursor.TryDecode(text, 2, out var key) && HostId.TryParse(key[1], out var id)
            ? key[0] switch { "" => new(null, id.Value), ['=', .. var name] => new(name, id.Value), _ => null }
            : null;
        return cursor is not null;
    }

    public override string ToString() => Cursor.Encode(Hostname is null ? "" : "=" + Hostname, new HostId(Id).ToString());
}
