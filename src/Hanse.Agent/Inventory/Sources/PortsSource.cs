using System.Globalization;
using Hanse.Agent.Inventory.Facts;

namespace Hanse.Agent.Inventory.Sources;

/// <summary>Section <c>ports</c>: listening TCP and unconnected UDP sockets, with the process that holds each where the agent may see it.</summary>
internal sealed class PortsSource(HostView host) : IInventorySource
{
    private static readonly string[] Tables = ["tcp", "tcp6", "udp", "udp6"];

    public string Section => "ports";

    public Task<byte[]> CollectAsync(CancellationToken cancellation)
    {
        var sockets = Tables.SelectMany(t => SocketTable.Parse(t, host.Lines("/proc/net/" + t))).ToList();
        var owners = Owners(sockets.Select(s => s.Inode).ToHashSet(StringComparer.Ordinal));
        var rows = sockets.Select(s => Row(s, owners)).Distinct().ToList();
        return Task.FromResult(SectionJson.Rows(rows, r => string.Create(CultureInfo.InvariantCulture, $"{r.Protocol}\n{r.Port:00000}\n{r.Address}\n{r.Pid}"), (json, row) =>
        {
            json.Text("address", row.Address);
            json.Number("pid", row.Pid);
            json.Number("port", row.Port);
            json.Text("process", row.Process);
            json.Text("protocol", row.Protocol);
            json.Number("uid", row.UserId);
        }));
    }

    private PortRow Row(ListeningSocket socket, Dictionary<string, int> owners)
    {
        int? pid = owners.TryGetValue(socket.Inode, out var owner) ? owner : null;
        return new PortRow(socket.Protocol, socket.Address, socket.Port, pid, pid is null ? null : host.Value($"/proc/{pid}/comm"), socket.UserId);
    }

    // Several processes may share a socket (workers of a server); the lowest id is the one that opened it, nearly always.
    private Dictionary<string, int> Owners(HashSet<string> inodes)
    {
        var owners = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var name in host.Names("/proc"))
        {
            if (!int.TryParse(name, CultureInfo.InvariantCulture, out var pid))
            {
                continue;
            }

            foreach (var descriptor in host.Names($"/proc/{name}/fd"))
            {
                var target = Target($"/proc/{name}/fd/{descriptor}");
                if (target is ['s', 'o', 'c', 'k', 'e', 't', ':', '[', .. var inode, ']'] && inodes.Contains(inode)
                    && (!owners.TryGetValue(inode, out var known) || pid < known))
                {
                    owners[inode] = pid;
                }
            }
        }

        return owners;
    }

    private string? Target(string path)
    {
        try
        {
            return new FileInfo(host.PathOf(path)).LinkTarget;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
