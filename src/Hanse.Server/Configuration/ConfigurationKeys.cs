using System.Globalization;
using Hanse.Protocol.Text;
using static Hanse.Server.Configuration.ConfigurationValues;

namespace Hanse.Server.Configuration;

/// <summary>Every key there is. A key that is not here is refused, and docs/configuration.md has exactly these (a test compares).</summary>
internal static class ConfigurationKeys
{
    public static IReadOnlyList<ConfigurationKey> All { get; } =
    [
        new("roles", "[]", "What this process is: `coordinator`, `site`, or both. `hanse serve` needs it; `hanse coordinator` and `hanse site` set it.",
            IsList: true, IsSecret: false, ApplyRoles, o => List(o.Roles.Select(r => r.ToString().ToLowerInvariant()))),
        Text("dataDir", "/var/lib/hanse as root, else ~/.local/share/hanse",
            "Folder of everything this process keeps, its private PostgreSQL included. An absolute path.", AbsolutePath,
            (o, v) => o with { DataDir = v }, o => o.DataDir),
        new("listen", "[::]:7443", "Address and port of the one HTTPS port: links, API and console. Port 0 takes a free one.",
            IsList: false, IsSecret: false, ApplyListen, o => o.Listen.ToString()),
        Texts("externalNames", "DNS names by which nodes and people reach this server. They go into its certificate; the first is handed out.", DnsName,
            (o, v) => o with { ExternalNames = v }, o => o.ExternalNames),
        Texts("addresses", "`host:port` pairs that nodes dial, tried in order; they go into join strings. Empty: the external names with the port of `listen`.",
            HostPort, (o, v) => o with { Addresses = v }, o => o.Addresses),
        new("postgres.connectionString", "none", "Connection string of an external PostgreSQL, without a database name. "
            + "Without it the process starts and owns a private one in the data folder.", IsList: false, IsSecret: true,
            ApplyConnectionString, o => o.Postgres.ConnectionString is null ? "none" : "(set)"),
        Text("coordinator.keyFile", "coordinator/federation.key in dataDir",
            "The file that seals the federation's root key in the database. Made at first start; every replica needs the same one. Keep a copy elsewhere.",
            AbsolutePath, (o, v) => o with { Coordinator = o.Coordinator with { KeyFile = v } }, o => o.Coordinator.KeyFile ?? "coordinator/federation.key in dataDir"),
        Duration("coordinator.commandGrace", "2m", "How long after its deadline an execution without an outcome is given up as `unknown`.",
            (o, v) => o with { Coordinator = o.Coordinator with { CommandGrace = v } }, o => o.Coordinator.CommandGrace),
        Duration("coordinator.sessionLifetime", "12h", "How long a login lasts before it must be repeated.",
            (o, v) => o with { Coordinator = o.Coordinator with { SessionLifetime = v } }, o => o.Coordinator.SessionLifetime),
        Text("coordinator.tlsCertificateFile", "none",
            "PEM file with a server certificate of your own and its chain, for API and console. Reloaded when it changes. Nodes do not use it.",
            AbsolutePath, (o, v) => o with { Coordinator = o.Coordinator with { TlsCertificateFile = v } }, o => o.Coordinator.TlsCertificateFile ?? "none"),
        Text("coordinator.tlsKeyFile", "none", "PEM file with the key of that certificate, not encrypted, mode 0600.",
            AbsolutePath, (o, v) => o with { Coordinator = o.Coordinator with { TlsKeyFile = v } }, o => o.Coordinator.TlsKeyFile ?? "none"),
        new("coordinator.reconcileAt", "03:00", "When in the night, UTC, the host directory is compared with each site, spread over the hour that follows.",
            IsList: false, IsSecret: false, ApplyReconcileAt, o => o.Coordinator.ReconcileAt.ToString("HH:mm", CultureInfo.InvariantCulture)),
        Text("site.name", "main", "Name of the site when one process is both roles and federates itself. Elsewhere the invitation names the site.",
            SiteName, (o, v) => o with { Site = o.Site with { Name = v } }, o => o.Site.Name),
        new("site.listen", "listen, or the port after it beside a coordinator", "Address and port of the site's own HTTPS port.",
            IsList: false, IsSecret: false, ApplySiteListen, o => o.Site.Listen?.ToString() ?? "listen, or the port after it beside a coordinator"),
        Text("site.tlsCertificateFile", "none",
            "PEM file with a server certificate of your own and its chain, which agents and browsers are shown under each name that it covers. Reloaded when it changes.",
            AbsolutePath, (o, v) => o with { Site = o.Site with { TlsCertificateFile = v } }, o => o.Site.TlsCertificateFile ?? "none"),
        Text("site.tlsKeyFile", "none", "PEM file with the key of that certificate, not encrypted, mode 0600.",
            AbsolutePath, (o, v) => o with { Site = o.Site with { TlsKeyFile = v } }, o => o.Site.TlsKeyFile ?? "none"),
        Number("site.diskFloor", "134217728", "Bytes that must be free on the data folder's disk for the site to take new work. Below, it refuses and keeps every outcome.",
            (o, v) => o with { Site = o.Site with { DiskFloor = v } }, o => o.Site.DiskFloor),
        Number("site.outboxBound", "1000000", "How many outcomes and other records may wait for the coordinator before the site takes no new commands.",
            (o, v) => o with { Site = o.Site with { OutboxBound = v } }, o => o.Site.OutboxBound),
        Number("site.outboxKept", "1000000", "How many records that the coordinator has taken more than seven days ago stay at the site until a verified backup covers them.",
            (o, v) => o with { Site = o.Site with { OutboxKept = v } }, o => o.Site.OutboxKept),
        Duration("site.rollupInterval", "1m", "How often the site counts its hosts, updates and certificates for the coordinator's charts.",
            (o, v) => o with { Site = o.Site with { RollupInterval = v } }, o => o.Site.RollupInterval),
        new("site.metrics", MetricsParts.Default, "What hosts may tell of what they are doing; the rest does not leave them. Without `process-names` and `user-names` they "
            + "tell numbers only; `[]`: nothing at all.", IsList: true, IsSecret: false, MetricsParts.Apply, o => MetricsParts.Show(o.Site.Metrics.Parts)),
        Duration("site.metricsInterval", "5s", "How often a host tells what it is doing.",
            (o, v) => o with { Site = o.Site with { Metrics = o.Site.Metrics with { Interval = v } } }, o => o.Site.Metrics.Interval),
        Duration("site.metricsKept", "6h", "How long every sample of a host is kept; older time is kept by the hour.",
            (o, v) => o with { Site = o.Site with { Metrics = o.Site.Metrics with { Kept = v } } }, o => o.Site.Metrics.Kept),
        Duration("site.metricsHistory", "14d", "How long a host's hours are kept.",
            (o, v) => o with { Site = o.Site with { Metrics = o.Site.Metrics with { History = v } } }, o => o.Site.Metrics.History),
        new("site.gatewayAddresses", "[]", "Addresses or networks of gateways that may put a source's address (PROXY protocol) before a host's datagrams; from others these are dropped.",
            IsList: true, IsSecret: false, GatewayAddresses.Apply, o => GatewayAddresses.Show(o.Site.Metrics.Gateways)),
        Duration("trust.rootLifetime", "3650d", "Life of the federation's root certificate, at its creation.",
            (o, v) => o with { Trust = o.Trust with { RootLifetime = v } }, o => o.Trust.RootLifetime),
        Duration("trust.intermediateLifetime", "365d", "Life of a site's issuing certificate: how long a site can go on without its coordinator.",
            (o, v) => o with { Trust = o.Trust with { IntermediateLifetime = v } }, o => o.Trust.IntermediateLifetime),
        Duration("trust.leafLifetime", "30d", "Life of the certificates of servers and agents. Each is renewed at about half of it.",
            (o, v) => o with { Trust = o.Trust with { LeafLifetime = v } }, o => o.Trust.LeafLifetime),
        Duration("trust.returnWindow", "90d", "How long after the end of its certificate a node may still return by its old key. Later it must join again.",
            (o, v) => o with { Trust = o.Trust with { ReturnWindow = v } }, o => o.Trust.ReturnWindow),
        new("log.level", "information", "Least important level that is logged: `trace`, `debug`, `information`, `warning`, `error`, `critical`.",
            IsList: false, IsSecret: false, ApplyLevel, o => o.Log.Level.ToString().ToLowerInvariant()),
        new("telemetry.otlpEndpoint", "none", "Collector that metrics and traces are sent to over OTLP (gRPC), such as `http://127.0.0.1:4317`.",
            IsList: false, IsSecret: false, ApplyEndpoint, o => o.Telemetry.OtlpEndpoint?.ToString() ?? "none"),
    ];

    private static ConfigurationKey Text(string path, string @default, string meaning, Func<string, Applied?> check,
        Func<HanseOptions, string, HanseOptions> set, Func<HanseOptions, string> get) =>
        new(path, @default, meaning, IsList: false, IsSecret: false, (o, v) => check(v[0]) ?? Applied.Ok(set(o, v[0])), get);

    private static ConfigurationKey Texts(string path, string meaning, Func<string, Applied?> check,
        Func<HanseOptions, IReadOnlyList<string>, HanseOptions> set, Func<HanseOptions, IReadOnlyList<string>> get) =>
        new(path, "[]", meaning, IsList: true, IsSecret: false,
            (o, v) => v.Select(check).FirstOrDefault(wrong => wrong is not null) ?? Applied.Ok(set(o, v)), o => List(get(o)));

    private static ConfigurationKey Number(string path, string @default, string meaning,
        Func<HanseOptions, long, HanseOptions> set, Func<HanseOptions, long> get) =>
        new(path, @default, meaning, IsList: false, IsSecret: false,
            (o, v) => long.TryParse(v[0], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
                ? Applied.Ok(set(o, number))
                : Applied.Bad($"{Quote(v[0])} is not a whole number", "write digits only, such as 1000000"),
            o => get(o).ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static ConfigurationKey Duration(string path, string @default, string meaning,
        Func<HanseOptions, TimeSpan, HanseOptions> set, Func<HanseOptions, TimeSpan> get) =>
        new(path, @default, meaning, IsList: false, IsSecret: false,
            (o, v) => DurationText.TryParse(v[0], out var duration) && duration > TimeSpan.Zero
                ? Applied.Ok(set(o, duration))
                : Applied.Bad($"{Quote(v[0])} is not a duration", "write a number with a unit, such as 30s, 5m, 24h or 365d"),
            o => DurationText.Format(get(o)));
}
