using System.Collections.Concurrent;
using System.Globalization;

namespace Hanse.Bench.Simulation.Machines;

/// <summary>What is installed. Machines of one distribution, role and patch level have the same list and share it in memory: thousands
/// of agents in one process cost a few hundred lists.</summary>
internal sealed class PackageLists
{
    private static readonly string[] Base =
    [
        "adduser", "apparmor", "base-files", "bash", "bind9-host", "bsdutils", "bzip2", "ca-certificates", "coreutils", "cpio", "cron", "curl", "dbus",
        "diffutils", "dmidecode", "e2fsprogs", "ethtool", "file", "findutils", "gnupg", "grep", "gzip", "hostname", "ifupdown", "init-system-helpers",
        "iproute2", "iptables", "iputils-ping", "isc-dhcp-client", "kmod", "less", "libacl1", "libapparmor1", "libattr1", "libblkid1", "libbz2-1.0",
        "libc-bin", "libc6", "libcap2", "libcom-err2", "libcrypt1", "libcryptsetup12", "libcurl4", "libdb5.3", "libdbus-1-3", "libdevmapper1.02.1", "libedit2",
        "libelf1", "libexpat1", "libffi8", "libgcc-s1", "libgcrypt20", "libgmp10", "libgnutls30", "libgpg-error0", "libgssapi-krb5-2", "libicu72", "libidn2-0",
        "libjson-c5", "libk5crypto3", "libkmod2", "libkrb5-3", "libldap-2.5-0", "liblz4-1", "liblzma5", "libmagic1", "libmnl0", "libmount1", "libncursesw6",
        "libnettle8", "libnftables1", "libnghttp2-14", "libp11-kit0", "libpam-modules", "libpam-runtime", "libpam0g", "libpcre2-8-0", "libperl5.36",
        "libpopt0", "libproc2-0", "libpsl5", "libpython3-stdlib", "libreadline8", "libsasl2-2", "libseccomp2", "libselinux1", "libsmartcols1", "libsqlite3-0",
        "libss2", "libssh2-1", "libssl3", "libstdc++6", "libsystemd0", "libtasn1-6", "libtinfo6", "libtirpc3", "libudev1", "libunistring2", "libuuid1",
        "libxml2", "libxtables12", "libxxhash0", "libzstd1", "linux-base", "locales", "login", "logrotate", "lsof", "man-db", "mount", "nano",
        "ncurses-base", "netbase", "openssh-client", "openssh-server", "openssl", "passwd", "perl", "perl-base", "procps", "psmisc", "python3", "python3-apt",
        "python3-minimal", "readline-common", "rsync", "rsyslog", "sed", "sensible-utils", "sudo", "systemd", "systemd-timesyncd", "sysvinit-utils", "tar",
        "tcpdump", "tmux", "tzdata", "ucf", "udev", "util-linux", "vim-tiny", "wget", "whiptail", "xz-utils", "zlib1g", "zstd",
    ];

    private readonly ConcurrentDictionary<string, (byte[] Packages, byte[] Updates)> _byImage = new(StringComparer.Ordinal);

    /// <summary>The sections <c>packages</c> and <c>updates</c> of a machine.</summary>
    public (byte[] Packages, byte[] Updates) Of(SimulatedMachine machine) =>
        _byImage.GetOrAdd(string.Create(CultureInfo.InvariantCulture, $"{machine.Distribution.Id} {machine.Distribution.Version} {machine.Role.Name} {machine.PatchLevel}"),
            _ => Make(machine));

    private static (byte[] Packages, byte[] Updates) Make(SimulatedMachine machine)
    {
        var distribution = machine.Distribution;
        var rows = Base.Concat(machine.Role.Packages).Order(StringComparer.Ordinal).Select(name => (Name: name, Dice: Dice(name, distribution.Id))).ToList();
        // Every eighth package had updates since, of which this image has as many as its patch level says.
        var updates = rows.Where(r => Moves(r.Dice) && machine.PatchLevel < SimulatedMachine.NewestPatch).ToList();
        var architecture = distribution.Manager == "dpkg" ? "amd64" : "x86_64";
        return (
            SectionBody.Of(rows.Select(r => new { architecture, manager = distribution.Manager, name = r.Name, version = Installed(r.Dice) })),
            SectionBody.Of(updates.Select(r => new
            {
                architecture, available = Version(r.Dice, SimulatedMachine.NewestPatch, distribution), installed = Installed(r.Dice), name = r.Name, security = r.Dice % 16 == 0,
            })));

        string Installed(int dice) => Version(dice, Moves(dice) ? machine.PatchLevel : 0, distribution);
    }

    private static bool Moves(int dice) => dice % 8 == 0;

    private static string Version(int dice, int patch, Distribution distribution) =>
        string.Create(CultureInfo.InvariantCulture, $"{1 + (dice % 9)}.{dice / 9 % 30}.{(dice / 270 % 12) + patch}-{1 + (dice % 4)}{distribution.Suffix}");

    private static int Dice(string name, string distribution)
    {
        var value = 17;
        foreach (var letter in name.Concat(distribution))
        {
            value = unchecked((value * 31) + letter);
        }

        return value & int.MaxValue;
    }
}
