using System.Globalization;
using System.Text;
using Hanse.Bench.Gateway.Load;
using Hanse.Bench.Processes;
using Hanse.Protocol.Ids;

namespace Hanse.Bench.Gateway;

/// <summary>Writes each relay's own file of the same routes, and starts it: one worker, and else as it comes.</summary>
internal static class Doors
{
    internal const string Hanse = "hanse";
    private const string NginxModule = "/usr/lib/nginx/modules/ngx_stream_module.so";
    private const string Haproxy = "/usr/sbin/haproxy";

    /// <summary>What the gateway asks of the kernel for a UDP socket, and nginx is told to; an unprivileged process gets no more than net.core.rmem_max of it.</summary>
    private const int BufferAsked = 32 * 1024 * 1024;

    /// <summary>The site whose datagrams go to the ground's counter.</summary>
    internal static readonly SiteId Site = SiteId.Parse("00112233445566778899aabbccddeeff");

    /// <summary>Bytes of socket buffer that each relay gets for datagrams.</summary>
    internal static int BufferGranted => Math.Min(BufferAsked, int.Parse(File.ReadAllText("/proc/sys/net/core/rmem_max"), CultureInfo.InvariantCulture));

    /// <summary>The gateway first, then what this machine has of the peers.</summary>
    internal static async Task<List<Door>> StartAsync(Ground ground, bool peers, Action<string> note)
    {
        var doors = new List<Door> { new(Hanse, Ports.Free(), true, null!) };
        doors[0].Process = StartHanse(ground, doors[0].Port, takeover: false);
        foreach (var (there, start) in peers ? new[] { (File.Exists(NginxModule), (Func<Ground, Door>)StartNginx), (File.Exists(Haproxy), StartHaproxy) } : [])
        {
            if (there)
            {
                doors.Add(start(ground));
            }
            else
            {
                note("A peer is not on this machine; ./bench gateway installs nginx, libnginx-mod-stream and haproxy where it may.");
            }
        }

        try
        {
            foreach (var door in doors)
            {
                await door.ListensAsync();
            }
        }
        catch
        {
            foreach (var door in doors)
            {
                await door.DisposeAsync();
            }

            throw;
        }

        return doors;
    }

    /// <summary>The gateway, or one that takes over from it. All load comes from one source: what is allowed to one does not count here.</summary>
    internal static BenchProcess StartHanse(Ground ground, int port, bool takeover)
    {
        string[] command =
        [
            // As its unit starts it, without the right to exceed net.core.rmem_max: a peer does not even when it has that right.
            .. Environment.IsPrivilegedProcess ? new[] { "setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin" } : [],
            BenchProcess.Program("src/Hanse.Gateway", "hanse-gateway"), "run", "--routes", HanseRoutes(ground, 0), "--listen", $"127.0.0.1:{port}", "--workers", "1",
            "--data", Path.Combine(ground.Folder, "data"),
            // One address is the whole world here.
            "--max-rate-per-source", "0", "--max-hellos-per-source", "0",
            "--takeover-socket", Path.Combine(ground.Folder, "takeover.sock"), .. takeover ? new[] { "--takeover" } : [],
        ];
        return BenchProcess.Start(Hanse, command[0], null, command[1..]);
    }

    /// <summary>The server name of a numbered change; it leads to the upstream that answers with the first letter.</summary>
    internal static string ChangeName(int change) => $"change-{change}.bench.example";

    /// <summary>Writes the gateway's file of routes, and says where it is. Another number is another route beside the ones that are used.</summary>
    internal static string HanseRoutes(Ground ground, int change)
    {
        var text = new StringBuilder("routes:\n");
        foreach (var (name, port) in ground.Names)
        {
            text.Append($"  - name: {name}\n    serverNames: [{name}]\n    addresses: [\"127.0.0.1:{port}\"]\n");
        }

        text.Append($"  - name: datagrams\n    serverNames: [datagrams.bench.example]\n    siteId: {Site}\n    addresses: [\"127.0.0.1:{ground.Counter}\"]\n");
        text.Append($"  - name: change-{change}\n    serverNames: [{ChangeName(change)}]\n    addresses: [\"127.0.0.1:{ground.Names.First(n => n.Name == Hellos.Letters[0]).Port}\"]\n");
        var path = Path.Combine(ground.Folder, "routes.yaml");
        // Renamed, so that nobody ever reads half of it.
        File.WriteAllText(path + ".new", text.ToString());
        File.Move(path + ".new", path, overwrite: true);
        return path;
    }

    private static Door StartNginx(Ground ground)
    {
        var port = Ports.Free();
        var names = string.Concat(ground.Names.Select(n => $"    {n.Name} 127.0.0.1:{n.Port};\n"));
        var file = Path.Combine(ground.Folder, "nginx.conf");
        File.WriteAllText(file, $$"""
            load_module {{NginxModule}};
            daemon off;
            pid {{ground.Folder}}/nginx.pid;
            worker_processes 1;
            worker_rlimit_nofile 20000;
            error_log stderr crit;
            events { worker_connections 19000; }
            stream {
              map $ssl_preread_server_name $upstream {
            {{names}}  }
              server { listen 127.0.0.1:{{port}} backlog=4096; ssl_preread on; preread_timeout 5s; proxy_timeout 1h; proxy_pass $upstream; }
              server { listen 127.0.0.1:{{port}} udp rcvbuf={{BufferAsked}} sndbuf={{BufferAsked}}; proxy_timeout 2m; proxy_pass 127.0.0.1:{{ground.Counter}}; }
            }
            """);
        return new Door("nginx", port, true, BenchProcess.Start("nginx", "/usr/sbin/nginx", null, "-c", file, "-e", "stderr"));
    }

    private static Door StartHaproxy(Ground ground)
    {
        var port = Ports.Free();
        var uses = string.Concat(ground.Names.Select(n => $"  use_backend {n.Name} if {{ req.ssl_sni -i {n.Name} }}\n"));
        var backends = string.Concat(ground.Names.Select(n => $"backend {n.Name}\n  server s 127.0.0.1:{n.Port}\n"));
        var file = Path.Combine(ground.Folder, "haproxy.cfg");
        File.WriteAllText(file, $$"""
            global
              nbthread 1
              maxconn 7000
            defaults
              mode tcp
              timeout connect 5s
              timeout client 1h
              timeout server 1h
              option splice-auto
              option splice-request
              option splice-response
            frontend door
              bind 127.0.0.1:{{port}} backlog 4096
              tcp-request inspect-delay 5s
              tcp-request content accept if { req.ssl_hello_type 1 }
            {{uses}}{{backends}}
            """);
        return new Door("haproxy", port, false, BenchProcess.Start("haproxy", Haproxy, null, "-db", "-f", file));
    }
}
