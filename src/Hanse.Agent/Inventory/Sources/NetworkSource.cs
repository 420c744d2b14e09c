using System.Globalization;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Hanse.Agent.Inventory.Facts;

namespace Hanse.Agent.Inventory.Sources;

/// <summary>Section <c>network</c>: interfaces with their hardware address, state, MTU and addresses. Counters are not told.</summary>
internal sealed class NetworkSource(HostView host) : IInventorySource
{
    public string Section => "network";

    public Task<byte[]> CollectAsync(CancellationToken cancellation)
    {
        var addresses = Addresses();
        return Task.FromResult(SectionJson.Rows(host.Names("/sys/class/net").Where(n => host.HasFile($"/sys/class/net/{n}/mtu")), n => n, (json, name) =>
        {
            var folder = $"/sys/class/net/{name}/";
            json.Texts("addresses", addresses.GetValueOrDefault(name, []).Order(StringComparer.Ordinal));
            json.Text("mac", host.Value(folder + "address") is { } mac && mac != "00:00:00:00:00:00" ? mac : null);
            json.Number("mtu", long.TryParse(host.Value(folder + "mtu"), CultureInfo.InvariantCulture, out var mtu) ? mtu : null);
            json.Text("name", name);
            json.Text("state", host.Value(folder + "operstate"));
            json.Text("type", Type(name, folder));
        }));
    }

    private string Type(string name, string folder)
    {
        if (name == "lo")
        {
            return "loopback";
        }

        if (host.HasFolder(folder + "wireless"))
        {
            return "wireless";
        }

        return host.HasFolder(folder + "bridge") ? "bridge"
            : host.HasFolder(folder + "bonding") ? "bond"
            : host.HasFolder(folder + "device") ? "physical" : "virtual";
    }

    private Dictionary<string, List<string>> Addresses()
    {
        var found = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        if (!host.IsReal)
        {
            foreach (var line in host.Lines("/proc/net/if_inet6"))
            {
                var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                Add(found, parts[^1], $"{InterfaceAddress.FromHex(parts[0])}/{int.Parse(parts[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture)}");
            }

            return found;
        }

        foreach (var card in NetworkInterface.GetAllNetworkInterfaces())
        {
            foreach (var unicast in card.GetIPProperties().UnicastAddresses)
            {
                // The scope (%eth0) of a link-local address is the interface it stands at.
                var text = unicast.Address.AddressFamily == AddressFamily.InterNetworkV6
                    ? new System.Net.IPAddress(unicast.Address.GetAddressBytes()).ToString()
                    : unicast.Address.ToString();
                Add(found, card.Name, $"{text}/{unicast.PrefixLength}");
            }
        }

        return found;
    }

    private static void Add(Dictionary<string, List<string>> found, string name, string address)
    {
        if (!found.TryGetValue(name, out var list))
        {
            found[name] = list = [];
        }

        list.Add(address);
    }
}
