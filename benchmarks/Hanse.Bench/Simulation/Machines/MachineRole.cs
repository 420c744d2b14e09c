namespace Hanse.Bench.Simulation.Machines;

/// <summary>What a machine is there for, and what that puts on it.</summary>
internal sealed record MachineRole(string Name, IReadOnlyList<string> Packages, IReadOnlyList<string> Services, IReadOnlyList<int> Ports)
{
    /// <summary>As often as one meets them.</summary>
    public static readonly IReadOnlyList<MachineRole> All =
    [
        Web, Web, Web, App, App, App,
        new("db", ["postgresql-15", "postgresql-client-15", "postgresql-common", "pgbackrest"], ["postgresql"], [5432]),
        new("cache", ["redis-server", "redis-tools"], ["redis-server"], [6379]),
        Node, Node, Node,
        new("build", ["gcc", "make", "git", "cmake", "docker-ce", "golang"], ["docker"], [2375]),
        new("mail", ["postfix", "dovecot-imapd", "rspamd"], ["postfix", "dovecot"], [25, 587, 993]),
        new("print", ["cups", "cups-client", "printer-driver-all"], ["cups"], [631]),
        new("backup", ["borgbackup", "restic", "nfs-kernel-server"], ["nfs-server"], [111, 2049]),
        new("vpn", ["wireguard-tools", "openvpn"], ["openvpn"], [1194]),
        new("monitor", ["prometheus", "prometheus-alertmanager", "grafana"], ["prometheus", "grafana-server"], [3000, 9090, 9093]),
        new("gw", ["haproxy", "keepalived", "nftables"], ["haproxy", "keepalived"], [80, 443]),
        new("hv", ["qemu-system-x86", "libvirt-daemon-system", "ovmf"], ["libvirtd"], [16509]),
        new("store", ["ceph-osd", "ceph-mon", "smartmontools"], ["ceph-osd"], [3300, 6789]),
    ];

    private static MachineRole Web => new("web", ["nginx", "nginx-common", "certbot", "libnginx-mod-stream"], ["nginx"], [80, 443]);

    private static MachineRole App => new("app", ["openjdk-17-jre-headless", "tomcat10", "libtcnative-1"], ["tomcat10"], [8080, 8443]);

    private static MachineRole Node => new("k8s-node", ["kubelet", "kubeadm", "containerd.io", "cri-tools", "conntrack"], ["kubelet", "containerd"], [10250, 10256]);
}
