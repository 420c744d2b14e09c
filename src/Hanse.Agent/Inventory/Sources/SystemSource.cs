using System.Globalization;
using Hanse.Agent.Inventory.Facts;
using Hanse.Agent.Native;

namespace Hanse.Agent.Inventory.Sources;

/// <summary>Section <c>system</c>: who this machine is and what it runs. Uptime is not in it: it is now less <c>lastBoot</c>,
/// which stays the same through a boot, so the hash does too.</summary>
internal sealed class SystemSource(HostView host, TimeProvider time, IBootClock? boot) : IInventorySource
{
    private DateTimeOffset? _lastBoot;

    public string Section => "system";

    public async Task<byte[]> CollectAsync(CancellationToken cancellation)
    {
        var release = OsRelease.Parse(host.Text("/etc/os-release") ?? host.Text("/usr/lib/os-release") ?? "");
        var virtualization = await VirtualizationAsync(cancellation);
        return SectionJson.Object(json =>
        {
            json.Text("architecture", Architecture());
            json.Text("bootId", boot?.BootId ?? host.Value("/proc/sys/kernel/random/boot_id"));
            json.Text("hostname", Hostname());
            json.Text("kernel", host.Value("/proc/sys/kernel/osrelease"));
            json.Text("lastBoot", LastBoot()?.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            json.Text("machineId", host.Value("/etc/machine-id") ?? host.Value("/var/lib/dbus/machine-id"));
            json.WriteStartObject("os");
            json.Text("family", "linux");
            json.Text("id", release.GetValueOrDefault("ID", "linux"));
            json.Text("idLike", release.GetValueOrDefault("ID_LIKE"));
            json.Text("prettyName", release.GetValueOrDefault("PRETTY_NAME"));
            json.Text("version", DetailedVersion(release));
            json.WriteEndObject();
            json.Text("timeZone", TimeZone());
            json.Text("virtualization", virtualization);
        });
    }

    internal string Hostname() => host.Value("/proc/sys/kernel/hostname") ?? host.Value("/etc/hostname") ?? "localhost";

    internal string? MachineId() => host.Value("/etc/machine-id") ?? host.Value("/var/lib/dbus/machine-id");

    private string? DetailedVersion(Dictionary<string, string> release)
    {
        var version = release.GetValueOrDefault("VERSION_ID");
        var debian = host.Value("/etc/debian_version");
        // Debian's point release stands only here: 12 is 12.11.
        return release.GetValueOrDefault("ID") == "debian" && version is not null && debian?.StartsWith(version + ".", StringComparison.Ordinal) == true
            ? debian
            : version ?? debian;
    }

    private string Architecture() => host.Value("/proc/sys/kernel/arch")
        ?? System.Runtime.InteropServices.RuntimeInformation.OSArchitecture switch
        {
            System.Runtime.InteropServices.Architecture.X64 => "x86_64",
            System.Runtime.InteropServices.Architecture.Arm64 => "aarch64",
            var other => other.ToString().ToLowerInvariant(),
        };

    private DateTimeOffset? LastBoot()
    {
        var now = boot is null ? BootTimeOfFile() : time.GetUtcNow() - boot.Elapsed;
        // Steps of the wall clock move the difference a little; a boot does not move.
        if (now is { } value && (_lastBoot is not { } known || (value - known).Duration() > TimeSpan.FromMinutes(1)))
        {
            _lastBoot = value;
        }

        return _lastBoot;
    }

    private DateTimeOffset? BootTimeOfFile() => host.Lines("/proc/stat").FirstOrDefault(l => l.StartsWith("btime ", StringComparison.Ordinal))
        is { } line && long.TryParse(line.AsSpan(6), CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    private string? TimeZone()
    {
        if (host.Value("/etc/timezone") is { } named)
        {
            return named;
        }

        const string folder = "zoneinfo/";
        var target = new FileInfo(host.PathOf("/etc/localtime")).LinkTarget;
        return target?.IndexOf(folder, StringComparison.Ordinal) is { } at and >= 0 ? target[(at + folder.Length)..] : null;
    }

    private async Task<string?> VirtualizationAsync(CancellationToken cancellation)
    {
        // Exit 1 with "none" means: a real machine.
        var said = await host.ToolAsync("systemd-detect-virt", [], TimeSpan.FromSeconds(5), code => code is 0 or 1, cancellation);
        if (said?.Trim() is { Length: > 0 } kind)
        {
            return kind;
        }

        return host.Lines("/proc/cpuinfo").Any(l => l.StartsWith("flags", StringComparison.Ordinal) && l.Contains(" hypervisor", StringComparison.Ordinal))
            ? "unknown"
            : null;
    }
}
