using System.Globalization;
using Hanse.Protocol.Text;
using Npgsql;

namespace Hanse.Server.Configuration;

/// <summary>How the texts of single values are judged. Each answers null (or the options) when fine, else what is wrong and the fix.</summary>
internal static class ConfigurationValues
{
    public static string Quote(string value) => value.Length > 80 ? $"\"{value[..77]}…\"" : $"\"{value}\"";

    public static string List(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";

    public static Applied ApplyRoles(HanseOptions options, IReadOnlyList<string> values)
    {
        var roles = new List<ServerRole>();
        foreach (var value in values)
        {
            if (value is not ("coordinator" or "site"))
            {
                return Applied.Bad($"{Quote(value)} is not a role", "use coordinator, site, or both: roles: [coordinator, site]");
            }

            roles.Add(value == "site" ? ServerRole.Site : ServerRole.Coordinator);
        }

        return Applied.Ok(options with { Roles = roles.Distinct().ToArray() });
    }

    public static Applied ApplyListen(HanseOptions options, IReadOnlyList<string> values) =>
        Listening(values[0], address => options with { Listen = address });

    public static Applied ApplySiteListen(HanseOptions options, IReadOnlyList<string> values) =>
        Listening(values[0], address => options with { Site = options.Site with { Listen = address } });

    public static Applied ApplyReconcileAt(HanseOptions options, IReadOnlyList<string> values) =>
        TimeOnly.TryParseExact(values[0], "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var at)
            ? Applied.Ok(options with { Coordinator = options.Coordinator with { ReconcileAt = at } })
            : Applied.Bad($"{Quote(values[0])} is not a time of day", "write hours and minutes, such as 03:00 or 22:30 (UTC)");

    private static Applied Listening(string value, Func<ListenAddress, HanseOptions> set) => ListenAddress.TryParse(value, out var address)
        ? Applied.Ok(set(address))
        : Applied.Bad($"{Quote(value)} is not an address to listen on", "write IP:PORT, such as 0.0.0.0:7443, [::]:7443 or 127.0.0.1:7443");

    public static Applied ApplyLevel(HanseOptions options, IReadOnlyList<string> values) =>
        Enum.TryParse<LogLevel>(values[0], ignoreCase: true, out var level) && level != LogLevel.None && !int.TryParse(values[0], out _)
            ? Applied.Ok(options with { Log = new() { Level = level } })
            : Applied.Bad($"{Quote(values[0])} is not a log level", "use trace, debug, information, warning, error or critical");

    public static Applied ApplyEndpoint(HanseOptions options, IReadOnlyList<string> values) =>
        Uri.TryCreate(values[0], UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? Applied.Ok(options with { Telemetry = new() { OtlpEndpoint = uri } })
            : Applied.Bad($"{Quote(values[0])} is not an http or https address", "write it in full, such as http://127.0.0.1:4317");

    /// <summary>The value is a secret, so what is wrong is said without it.</summary>
    public static Applied ApplyConnectionString(HanseOptions options, IReadOnlyList<string> values)
    {
        const string Fix = "write it as Host=…;Port=5432;Username=…;Password=…";
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(values[0]);
            return string.IsNullOrEmpty(builder.Host)
                ? Applied.Bad("the connection string names no host", Fix)
                : Applied.Ok(options with { Postgres = new() { ConnectionString = values[0] } });
        }
        catch (ArgumentException)
        {
            return Applied.Bad("the connection string cannot be read", Fix);
        }
    }

    public static Applied? AbsolutePath(string value) => Path.IsPathFullyQualified(value) && !value.Any(char.IsControl)
        ? null
        : Applied.Bad($"{Quote(value)} is not an absolute path", "begin it with /");

    public static Applied? DnsName(string value) => value.Length <= 253 && value.Split('.').All(IsLabel)
        ? null
        : Applied.Bad($"{Quote(value)} is not a DNS name", "use letters, digits, hyphens and dots, such as hanse.example.org (no scheme, no port)");

    public static Applied? HostPort(string value)
    {
        var colon = value.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(value[(colon + 1)..], out var port) && port > 0
            && Uri.CheckHostName(value[..colon].Trim('[', ']')) != UriHostNameType.Unknown
            ? null
            : Applied.Bad($"{Quote(value)} is not host:port", "write it as hanse.example.org:7443, 192.0.2.7:7443 or [2001:db8::7]:7443");
    }

    public static Applied? SiteName(string value) => NameText.IsValid(value)
        ? null
        : Applied.Bad($"{Quote(value)} is not a name", NameText.Rule);

    private static bool IsLabel(string label) => label.Length is > 0 and <= 63 && !label.StartsWith('-') && !label.EndsWith('-')
        && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}
