using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hanse.Gateway.Logging;

/// <summary>Logs one event a line as JSON: time, level, event, message, then its fields. Thread-safe. No secret is ever passed to it.</summary>
internal sealed class GatewayLog(Stream output, TimeProvider time)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Lock _gate = new();

    internal static GatewayLog None { get; } = new(Stream.Null, TimeProvider.System);

    internal void Information(string name, string message, params ReadOnlySpan<(string Name, string Value)> fields) =>
        Write("information", name, message, fields);

    internal void Warning(string name, string message, params ReadOnlySpan<(string Name, string Value)> fields) =>
        Write("warning", name, message, fields);

    internal void Error(string name, string message, params ReadOnlySpan<(string Name, string Value)> fields) =>
        Write("error", name, message, fields);

    private void Write(string level, string name, string message, ReadOnlySpan<(string Name, string Value)> fields)
    {
        if (output == Stream.Null)
        {
            return;
        }

        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow());
            json.WriteString("level", level);
            json.WriteString("event", name);
            json.WriteString("message", message);
            foreach (var (field, value) in fields)
            {
                json.WriteString(field, value);
            }

            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        lock (_gate)
        {
            output.Write(buffer.WrittenSpan);
            output.Flush();
        }
    }
}
