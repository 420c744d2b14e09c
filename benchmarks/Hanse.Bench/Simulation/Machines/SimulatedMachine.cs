using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Hanse.Bench.Simulation.Machines;

/// <summary>An imagined machine: everything about it follows from the key of its agent, its number and its site, so that after a restart it
/// is the same machine. Up to 64,516 numbers at one site have different addresses; hostnames of one site are always different.</summary>
internal sealed class SimulatedMachine
{
    private const int HostsOfNet = 254;

    /// <summary>What a machine has that lacks no update.</summary>
    public const int NewestPatch = 3;

    /// <param name="number">Of the agent in its simulator; names of the machine carry it.</param>
    /// <param name="site">The label of its site, such as <c>north</c>.</param>
    /// <param name="siteNumber">Gives the site its network.</param>
    public SimulatedMachine(int number, string site, int siteNumber)
    {
        (Number, Site) = (number, site);
        Seed = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{number}\n{site}")));
        var random = Random(0);
        Distribution = Distribution.All[random.Next(Distribution.All.Count)];
        Role = MachineRole.All[random.Next(MachineRole.All.Count)];
        PatchLevel = random.Next(NewestPatch + 1);
        Hostname = string.Create(CultureInfo.InvariantCulture, $"{Role.Name}-{number:d4}.{site}{(random.Next(3) == 0 ? ".example.net" : "")}");
        Address = string.Create(CultureInfo.InvariantCulture, $"10.{siteNumber % 256}.{number / HostsOfNet % 254}.{1 + (number % HostsOfNet)}");
        SecondAddress = random.Next(4) == 0 ? string.Create(CultureInfo.InvariantCulture, $"172.{16 + (siteNumber % 16)}.{number / HostsOfNet % 254}.{1 + (number % HostsOfNet)}") : null;
        Address6 = random.Next(5) == 0 ? string.Create(CultureInfo.InvariantCulture, $"2001:db8:{siteNumber:x}::{number + 1:x}") : null;
        Cores = 1 << random.Next(1, 6);
        MemoryGigabytes = Cores * (2 << random.Next(3));
        DiskGigabytes = 40 << random.Next(6);
        DiskUsed = 5 * random.Next(2, 19);
        Virtual = Role.Name is not ("hv" or "store") && random.Next(5) > 0;
        LastBoot = DateTimeOffset.UnixEpoch.AddSeconds(1_780_000_000 - random.Next(200 * 86_400));
    }

    public int Number { get; }

    public string Site { get; }

    public byte[] Seed { get; }

    public Distribution Distribution { get; }

    public MachineRole Role { get; }

    public string Hostname { get; }

    public string Address { get; }

    public string? SecondAddress { get; }

    public string? Address6 { get; }

    public int Cores { get; }

    public int MemoryGigabytes { get; }

    public int DiskGigabytes { get; }

    public int DiskUsed { get; }

    public bool Virtual { get; }

    public DateTimeOffset LastBoot { get; }

    /// <summary>How many rounds of updates it has had.</summary>
    public int PatchLevel { get; }

    public string Kernel => string.Format(CultureInfo.InvariantCulture, Distribution.Kernel, 20 + (PatchLevel * 3));

    public string MachineId => Convert.ToHexStringLower(Seed.AsSpan(0, 16));

    public string BootId => new Guid(Seed.AsSpan(16, 16)).ToString();

    public string Mac => string.Create(CultureInfo.InvariantCulture, $"52:54:{Seed[1]:x2}:{Seed[2]:x2}:{Seed[3]:x2}:{Seed[4]:x2}");

    /// <summary>The same dice each time, others for each purpose.</summary>
    public Random Random(int purpose) => new(BitConverter.ToInt32(Seed, 8) ^ (purpose * 7_919));
}
