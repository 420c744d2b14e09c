using System.Security.Cryptography;
using Hanse.Agent.Inventory;

namespace Hanse.Bench.Simulation.Machines;

/// <summary>The ten sections of an imagined machine, made when they are asked for: an agent at rest keeps the small ones and shares the large.</summary>
internal sealed class SimulatedInventory(SimulatedMachine machine, PackageLists lists, TimeProvider time) : IInventoryFeed
{
    private static readonly string[] Users = ["root", "daemon", "sshd", "hanse", "deploy", "backup"];
    private const long Gigabyte = 1024L * 1024 * 1024;

    public Task<IReadOnlyList<InventorySection>> CollectAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var (packages, updates) = lists.Of(machine);
        return Task.FromResult<IReadOnlyList<InventorySection>>(
        [
            InventorySection.Of("system", System(), now), InventorySection.Of("hardware", Hardware(), now), InventorySection.Of("disks", Disks(), now),
            InventorySection.Of("network", Network(), now), InventorySection.Of("packages", packages, now), InventorySection.Of("services", Services(), now),
            InventorySection.Of("users", UserRows(), now), InventorySection.Of("ports", Ports(), now), InventorySection.Of("certificates", Certificates(), now),
            InventorySection.Of("updates", updates, now),
        ]);
    }

    private byte[] System() => SectionBody.Of(new
    {
        architecture = "x86_64", bootId = machine.BootId, hostname = machine.Hostname, kernel = machine.Kernel,
        lastBoot = $"{machine.LastBoot:yyyy-MM-dd'T'HH:mm:ss'Z'}", machineId = machine.MachineId,
        os = new { family = "linux", id = machine.Distribution.Id, prettyName = machine.Distribution.PrettyName, version = machine.Distribution.Version },
        timeZone = "Etc/UTC", virtualization = machine.Virtual ? "kvm" : "none",
    });

    private byte[] Hardware() => SectionBody.Of(new
    {
        cpu = new { cores = machine.Cores, model = machine.Cores > 8 ? "AMD EPYC 7543 32-Core Processor" : "Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz", sockets = 1, threads = machine.Cores * (machine.Virtual ? 1 : 2), vendor = machine.Cores > 8 ? "AuthenticAMD" : "GenuineIntel" },
        memory = new { swapBytes = 2 * Gigabyte, totalBytes = machine.MemoryGigabytes * Gigabyte },
        product = new { name = machine.Virtual ? "Standard PC (Q35 + ICH9, 2009)" : "PowerEdge R650", serial = machine.MachineId[..12].ToUpperInvariant(), vendor = machine.Virtual ? "QEMU" : "Dell Inc." },
    });

    private byte[] Disks() => SectionBody.Of(new object[]
    {
        new { kind = "device", name = machine.Virtual ? "vda" : "nvme0n1", rotational = false, sizeBytes = machine.DiskGigabytes * Gigabyte },
        new { device = machine.Virtual ? "/dev/vda1" : "/dev/nvme0n1p2", fileSystem = machine.Distribution.Manager == "rpm" ? "xfs" : "ext4", kind = "mount", name = "/", readOnly = false, sizeBytes = (machine.DiskGigabytes - 1) * Gigabyte, usedPercent = machine.DiskUsed },
    });

    private byte[] Network() => SectionBody.Of(new object[]
    {
        new { addresses = Addresses().ToArray(), mac = machine.Mac, mtu = 1500, name = machine.Virtual ? "ens3" : "eno1", state = "up", type = "physical" },
        new { addresses = new[] { "127.0.0.1/8", "::1/128" }, mtu = 65536, name = "lo", state = "unknown", type = "loopback" },
    });

    private IEnumerable<string> Addresses()
    {
        yield return machine.Address + "/24";
        if (machine.SecondAddress is { } second)
        {
            yield return second + "/24";
        }

        if (machine.Address6 is { } six)
        {
            yield return six + "/64";
        }
    }

    private byte[] Services() => SectionBody.Of(new[] { "cron", "dbus", "rsyslog", "ssh", "systemd-journald", "systemd-timesyncd", "systemd-udevd" }.Concat(machine.Role.Services)
        .Order(StringComparer.Ordinal).Select((name, i) => new { enabled = "enabled", name = name + ".service", state = Down(i) ? "failed" : "active", subState = Down(i) ? "failed" : "running" }));

    // One machine in forty has a service that failed.
    private bool Down(int service) => machine.Seed[20] < 7 && machine.Seed[21] % 8 == service;

    private byte[] UserRows() => SectionBody.Of(Users.Order(StringComparer.Ordinal).Select(name => new
    {
        gid = Array.IndexOf(Users, name), group = name, groups = Array.Empty<string>(), home = name == "root" ? "/root" : "/home/" + name, name, password = "locked",
        shell = name is "root" or "deploy" ? "/bin/bash" : "/usr/sbin/nologin", uid = name is "hanse" or "deploy" ? 1000 + Array.IndexOf(Users, name) : Array.IndexOf(Users, name),
    }));

    private byte[] Ports() => SectionBody.Of(machine.Role.Ports.Prepend(22).Order().Select(port => new
        { address = "0.0.0.0", pid = 600 + port, port, process = port == 22 ? "sshd" : machine.Role.Services[0], protocol = "tcp", uid = 0 }));

    private byte[] Certificates()
    {
        if (!machine.Role.Ports.Contains(443))
        {
            return "[]"u8.ToArray();
        }

        var ends = machine.LastBoot.Date.AddDays(120 + (machine.Seed[22] * 2));
        return SectionBody.Of(new[]
        {
            new
            {
                fingerprint = Convert.ToHexStringLower(SHA256.HashData(machine.Seed)), issuer = "CN=Example Issuing CA", notAfter = $"{ends:yyyy-MM-dd'T'HH:mm:ss'Z'}",
                notBefore = $"{ends.AddDays(-365):yyyy-MM-dd'T'HH:mm:ss'Z'}", path = "/etc/ssl/certs/site.pem", serial = machine.MachineId[..16], subject = "CN=" + machine.Hostname,
            },
        });
    }
}
