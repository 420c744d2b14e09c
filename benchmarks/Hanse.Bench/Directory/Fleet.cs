using System.Net;
using System.Security.Cryptography;
using Google.Protobuf;
using Hanse.Protocol.Messages;

namespace Hanse.Bench.Directory;

/// <summary>A made-up fleet as one meets them: names by site, role and number, office machines with vendor names, private IPv4 by site,
/// some hosts with a second address or IPv6, a few dozen operating systems, tags by environment, role and owner. The same seed
/// gives the same fleet; ids are random 128-bit values as T1 has them.</summary>
internal sealed class Fleet(int sites, int hosts, int seed)
{
    public const string Sites = "ber,muc,fra,ham,lon,par,mad,nyc,sfo,sin,tyo,syd,vie,zrh,ams,waw,osl,cph,mil,dub";
    private static readonly string[] Places = Sites.Split(',');
    private static readonly string[] Roles = ["web", "web", "web", "app", "app", "db", "db", "cache", "k8s-node", "k8s-node", "k8s-node", "build", "mail", "print", "backup", "vpn", "monitor", "gw", "hv", "store"];
    private static readonly string[] Environments = ["prod", "prod", "prod", "prod", "stage", "test", "dev"];
    private static readonly (string Os, string Family)[] Servers =
    [
        ("debian 12.11", "linux"), ("debian 12.11", "linux"), ("debian 11.9", "linux"), ("ubuntu 24.04", "linux"), ("ubuntu 22.04", "linux"),
        ("ubuntu 22.04", "linux"), ("rhel 9.4", "linux"), ("rhel 8.10", "linux"), ("sles 15.6", "linux"), ("rocky 9.4", "linux"),
        ("alpine 3.20", "linux"), ("windows server 2022", "windows"), ("windows server 2019", "windows"),
    ];

    private static readonly (string Os, string Family)[] Desktops =
        [("windows 11 24h2", "windows"), ("windows 11 23h2", "windows"), ("windows 10 22h2", "windows"), ("macos 15.1", "macos"), ("macos 14.7", "macos"), ("ubuntu 24.04", "linux")];

    public int HostsPerSite => hosts / sites;

    public static string SiteName(int site) => $"{Places[site % Places.Length]}{1 + (site / Places.Length)}";

    /// <summary>The id of a host: the first half of a hash, so that it can be made again.</summary>
    public Guid Id(int host) => new(SHA256.HashData(BitConverter.GetBytes(((long)seed << 32) | (uint)host)).AsSpan(0, 16), bigEndian: true);

    public StateEntry Entry(int host, ulong counter, HostState state) =>
        new() { Class = StateClass.Host, Key = ByteString.CopyFrom(Id(host).ToByteArray(bigEndian: true)), Counter = counter, Host = state };

    /// <summary>The state of a host; another <paramref name="life"/> is the same host renamed, readdressed and retagged.</summary>
    public HostState State(int host, int life = 0)
    {
        var random = new Random(unchecked((seed * 1_000_003) + (host * 97) + (life * 7_919)));
        var site = host / HostsPerSite;
        var number = host % HostsPerSite;
        var desktop = random.Next(10) < 3;
        var role = Roles[random.Next(Roles.Length)];
        var environment = Environments[random.Next(Environments.Length)];
        var (os, family) = desktop ? Desktops[random.Next(Desktops.Length)] : Servers[random.Next(Servers.Length)];
        var state = new HostState
        {
            Hostname = desktop
                ? $"{(random.Next(2) == 0 ? "desktop" : "laptop")}-{random.Next(36 * 36 * 36 * 36):x7}"
                : $"{role}-{number:d4}{(life == 0 ? "" : "r" + life)}.{SiteName(site)}{(random.Next(3) == 0 ? ".example.net" : "")}",
            Os = os,
            OsFamily = family,
            AgentVersion = $"1.{random.Next(6)}.{random.Next(4)}",
            Kernel = family == "linux" ? $"6.{random.Next(12)}.{random.Next(20)}-{random.Next(3)}-amd64" : $"10.0.{20000 + random.Next(40)}",
            Status = random.Next(100) switch { < 93 => HostStatus.Online, < 99 => HostStatus.Offline, _ => HostStatus.Quarantined },
            LastSeenUnixMs = 1_760_000_000_000 + random.Next(86_400_000),
            MachineIdHash = ByteString.CopyFrom(SHA256.HashData(Id(host).ToByteArray())),
            Tags = { desktop ? "office" : role, environment, $"owner:team{random.Next(60):d2}" },
        };
        state.Addresses.Add(V4(10, site / 2, (site % 2 * 128) + (number / 250 % 128), 1 + ((number + (life * 3)) % 250)));
        if (random.Next(4) == 0)
        {
            state.Addresses.Add(role == "k8s-node" ? V4(172, 17, 0, 1) : V4(192, 168, site % 256, 1 + (number % 250)));
        }

        if (random.Next(5) == 0)
        {
            state.Addresses.Add(ByteString.CopyFrom([0x20, 0x01, 0x0d, 0xb8, (byte)(site >> 8), (byte)site, 0, 1, .. BitConverter.GetBytes(random.NextInt64())]));
        }

        return state;
    }

    private static ByteString V4(int a, int b, int c, int d) => ByteString.CopyFrom(IPAddress.Parse($"{a}.{b}.{c}.{d}").GetAddressBytes());
}
