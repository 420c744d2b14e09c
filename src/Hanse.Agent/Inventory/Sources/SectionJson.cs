using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Hanse.Agent.Inventory.Sources;

/// <summary>Writes bodies of sections: UTF-8 JSON without blanks; absent values are left out; rows are sorted.</summary>
internal static class SectionJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static byte[] Object(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartObject();
        write(writer);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>An array of objects, ordered by <paramref name="key"/> (ordinal).</summary>
    internal static byte[] Rows<T>(IEnumerable<T> rows, Func<T, string> key, Action<Utf8JsonWriter, T> write)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartArray();
        foreach (var row in rows.OrderBy(key, StringComparer.Ordinal))
        {
            writer.WriteStartObject();
            write(writer, row);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    internal static void Text(this Utf8JsonWriter writer, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            writer.WriteString(name, WellFormed(value));
        }
    }

    internal static void Number(this Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }

    internal static void Flag(this Utf8JsonWriter writer, string name, bool? value)
    {
        if (value is { } flag)
        {
            writer.WriteBoolean(name, flag);
        }
    }

    internal static void Texts(this Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(WellFormed(value));
        }

        writer.WriteEndArray();
    }

    // The writer throws at a lone surrogate, which a file's name can hold.
    private static string WellFormed(string value)
    {
        var text = new System.Text.StringBuilder(value.Length);
        foreach (var rune in value.EnumerateRunes())
        {
            text.Append(rune);
        }

        return text.Length == value.Length ? value : text.ToString();
    }
}
