namespace Hanse.Gateway.Cli;

/// <summary>What <c>--help</c> prints.</summary>
internal static class HelpText
{
    internal const string All = """
        hanse-gateway: routes TLS by server name to the sites behind it, and holds no key of theirs.

        Usage:
          hanse-gateway join [--data DIR] [--file FILE]   join with the join string of `hanse gateway invite`
          hanse-gateway run [--data DIR] [--routes FILE] [options]   relay in the foreground until SIGTERM
          hanse-gateway status [--data DIR]           show identity, certificate and the routes that are held
          hanse-gateway reset [--data DIR] [--yes]    forget the identity
          hanse-gateway routes check FILE             say whether a file of routes is right, or what is wrong on which line

        Options of run:
          --data DIR                where the identity and the routes of the coordinator lie (default /var/lib/hanse-gateway)
          --routes FILE             static routes; read again on SIGHUP. They come before the coordinator's where both have a name
          --listen ADDRESS:PORT     where clients connect; may be repeated (default [::]:443)
          --workers N               threads that relay, 1 to 64 (default: one a processor)
          --max-connections N       relayed at a time, overall (default: what the limit of open files allows)
          --max-per-source N        connections of one client address, or IPv6 /64 (default: no limit)
          --max-rate-per-source N   new connections a second of one client address, or IPv6 /64; ten times as many at once (default 500, 0: no limit)
          --max-hellos-per-source N clients of one address, or IPv6 /64, that hold back their hello at a time (default 512, 0: no limit)
          --access-log N            log every Nth routed connection, at most 100 a second (default: none)
          --takeover                go on with the sockets and connections of the gateway that runs here, if one does
          --takeover-socket PATH    where the next process asks for them (default /run/hanse-gateway/takeover.sock)
          --otlp URL                send metrics to this collector, by OTLP over HTTP (default: none)
          -h, --help                this text

        The join string is read from the prompt, from standard input or from a file, never from an argument.

        Examples:
          hanse gateway invite door --address door.example.org:443 -o json | jq -r .joinString | hanse-gateway join
          hanse-gateway routes check /etc/hanse/routes.yaml
          hanse-gateway run --routes /etc/hanse/routes.yaml --listen 0.0.0.0:443

        Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not joined, 5 refused by the coordinator.
        """;
}
