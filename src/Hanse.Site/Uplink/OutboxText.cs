using System.Text;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Site.Uplink;

/// <summary>What an entry of the outbox is about, in words. Pure.</summary>
internal static class OutboxText
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithIndentation());

    public static (string Kind, string Subject) OfFact(byte[] fact)
    {
        var record = Record.Parser.ParseFrom(fact);
        return record.FactCase switch
        {
            Record.FactOneofCase.Execution => ("execution", $"{Id(record.Execution.Report?.CommandId)} on {Id(record.Execution.Report?.HostId)}"),
            Record.FactOneofCase.Audit => ("audit", record.Audit.Operation),
            Record.FactOneofCase.Ban => ("ban", Id(record.Ban.HostId)),
            Record.FactOneofCase.HostMove => ("host-move", Id(record.HostMove.HostId)),
            _ => ("unknown", "written by a newer version"),
        };
    }

    public static (string Kind, string Subject) OfState(StateClass entries, byte[] key) => entries switch
    {
        StateClass.Host => ("host", Convert.ToHexStringLower(key)),
        StateClass.Rollup => ("rollup", Encoding.UTF8.GetString(key)),
        _ => ("unknown", Convert.ToHexStringLower(key)),
    };

    /// <summary>All of it, as JSON; what this version does not know is shown as it is written.</summary>
    public static string Json(IMessage message, byte[] raw) => message.CalculateSize() > 0 && Formatter.Format(message) is { Length: > 4 } json
        ? json
        : $"{{ \"raw\": \"{Convert.ToBase64String(raw)}\" }}";

    private static string Id(ByteString? bytes) => bytes is { Length: 16 } ? IdText.Format(new Guid(bytes.Span, bigEndian: true)) : "?";
}
