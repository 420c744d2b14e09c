using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hanse.Audit.Exports;

/// <summary>One line of an export. Which members are set is told by <paramref name="Type"/>, one of <see cref="ExportKinds"/>.</summary>
public sealed record ExportLine(string Type)
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public string? Der { get; init; }

    public string? Note { get; init; }

    public string? Log { get; init; }

    public long? Entries { get; init; }

    public bool? Filtered { get; init; }

    /// <summary>Of a log that another follows (A4): its last entries may have no checkpoint.</summary>
    public bool? Ended { get; init; }

    /// <summary>The entry, exactly as it was hashed.</summary>
    public string? Entry { get; init; }

    /// <summary>Its target list, 16 bytes a host, base64.</summary>
    public string? Hosts { get; init; }

    /// <summary>RFC 6962 path to the newest checkpoint of its log; in filtered exports only.</summary>
    public IReadOnlyList<string>? Path { get; init; }
}

/// <summary>What lines there are.</summary>
public static class ExportKinds
{
    public const string Certificate = "certificate";
    public const string Checkpoint = "checkpoint";
    public const string Log = "log";
    public const string Entry = "entry";
    public const string End = "end";
}
