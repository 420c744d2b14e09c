using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hanse.Audit;

/// <summary>An entry as it is hashed (A1): UTF-8 JSON with every field in one fixed order, no white space, absent values as
/// null, details sorted. Written once and stored; reading never writes it again.</summary>
public sealed record AuditDocument(Guid Log, AuditFacts Facts, IReadOnlyDictionary<string, string> Detail)
{
    private const int Version = 1;
    internal const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
    private static readonly JsonWriterOptions Compact = new() { Indented = false, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public byte[] Write()
    {
        var buffer = new MemoryStream(512);
        using (var json = new Utf8JsonWriter(buffer, Compact))
        {
            json.WriteStartObject();
            json.WriteNumber("v", Version);
            json.WriteString("log", Log.ToString("n"));
            json.WriteNumber("seq", Facts.Seq);
            json.WriteString("time", Facts.OccurredAt.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture));
            json.WriteString("actor", Facts.Actor);
            json.WriteString("account", Facts.Account);
            json.WriteString("token", Facts.Token);
            json.WriteString("source", Facts.SourceAddress);
            json.WriteString("operation", Facts.Operation);
            json.WriteString("site", Facts.Site?.ToString("n"));
            json.WriteStartObject("hosts");
            json.WriteNumber("count", Facts.HostsCount);
            json.WriteString("root", Facts.HostsRoot);
            json.WriteEndObject();
            json.WriteString("command", Facts.Command?.ToString("n"));
            json.WriteString("outcome", Facts.Outcome);
            json.WriteString("reason", Facts.Reason);
            json.WriteStartObject("detail");
            foreach (var (name, value) in Detail.OrderBy(d => d.Key, StringComparer.Ordinal))
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>False when the bytes are not such an entry; <paramref name="why"/> then says what is wrong.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, out AuditDocument document, out string why)
    {
        (document, why) = (null!, "");
        try
        {
            using var json = JsonDocument.Parse(bytes);
            document = Read(json.RootElement);
            return true;
        }
        catch (Exception e) when (e is JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            why = $"The bytes are not an entry: {e.Message}";
            return false;
        }
    }

    private static AuditDocument Read(JsonElement json)
    {
        var hosts = json.GetProperty("hosts");
        var facts = new AuditFacts
        {
            Seq = json.GetProperty("seq").GetInt64(),
            OccurredAt = DateTimeOffset.ParseExact(
                json.GetProperty("time").GetString()!, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
            Actor = Text(json, "actor") ?? throw new FormatException("actor is null."),
            Account = Text(json, "account"),
            Token = Text(json, "token"),
            SourceAddress = Text(json, "source"),
            Operation = Text(json, "operation") ?? throw new FormatException("operation is null."),
            Site = Id(json, "site"),
            HostsCount = hosts.GetProperty("count").GetInt64(),
            HostsRoot = Text(hosts, "root"),
            Command = Id(json, "command"),
            Outcome = Text(json, "outcome"),
            Reason = Text(json, "reason"),
        };
        var detail = json.GetProperty("detail").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);
        return new(Guid.ParseExact(Text(json, "log") ?? "", "n"), facts, detail);
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static Guid? Id(JsonElement json, string name) => Text(json, name) is { } text ? Guid.ParseExact(text, "n") : null;
}
