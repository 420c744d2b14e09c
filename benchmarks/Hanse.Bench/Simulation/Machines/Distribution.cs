namespace Hanse.Bench.Simulation.Machines;

/// <summary>A Linux distribution as machines name it.</summary>
/// <param name="Id">As in os-release.</param>
/// <param name="Version">With the point release.</param>
/// <param name="PrettyName">For people.</param>
/// <param name="Kernel">Of its newest update; older ones differ in the number that <c>{0}</c> stands for.</param>
/// <param name="Manager">dpkg, rpm or apk.</param>
/// <param name="Suffix">What its packages' versions end with.</param>
internal sealed record Distribution(string Id, string Version, string PrettyName, string Kernel, string Manager, string Suffix)
{
    /// <summary>As often as one meets them: the list has the common ones several times.</summary>
    public static readonly IReadOnlyList<Distribution> All =
    [
        Debian12, Debian12, Debian12, Debian11, Ubuntu2404, Ubuntu2404, Ubuntu2204, Ubuntu2204, Ubuntu2004,
        new("rhel", "9.4", "Red Hat Enterprise Linux 9.4 (Plow)", "5.14.0-427.{0}.1.el9_4.x86_64", "rpm", ".el9"),
        new("rhel", "8.10", "Red Hat Enterprise Linux 8.10 (Ootpa)", "4.18.0-553.{0}.1.el8_10.x86_64", "rpm", ".el8"),
        new("rocky", "9.4", "Rocky Linux 9.4 (Blue Onyx)", "5.14.0-427.{0}.1.el9_4.x86_64", "rpm", ".el9"),
        new("almalinux", "9.4", "AlmaLinux 9.4 (Seafoam Ocelot)", "5.14.0-427.{0}.1.el9_4.x86_64", "rpm", ".el9"),
        new("sles", "15.6", "SUSE Linux Enterprise Server 15 SP6", "6.4.0-150600.23.{0}-default", "rpm", "-150600.1.1"),
        new("fedora", "41", "Fedora Linux 41 (Server Edition)", "6.11.{0}-300.fc41.x86_64", "rpm", ".fc41"),
    ];

    private static Distribution Debian12 => new("debian", "12.11", "Debian GNU/Linux 12 (bookworm)", "6.1.0-{0}-amd64", "dpkg", "+deb12u1");

    private static Distribution Debian11 => new("debian", "11.9", "Debian GNU/Linux 11 (bullseye)", "5.10.0-{0}-amd64", "dpkg", "+deb11u1");

    private static Distribution Ubuntu2404 => new("ubuntu", "24.04", "Ubuntu 24.04.1 LTS", "6.8.0-{0}-generic", "dpkg", "ubuntu0.24.04.1");

    private static Distribution Ubuntu2204 => new("ubuntu", "22.04", "Ubuntu 22.04.4 LTS", "5.15.0-{0}-generic", "dpkg", "ubuntu0.22.04.1");

    private static Distribution Ubuntu2004 => new("ubuntu", "20.04", "Ubuntu 20.04.6 LTS", "5.4.0-{0}-generic", "dpkg", "ubuntu0.20.04.1");
}
