using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hanse.Bench.Simulation.Machines;

/// <summary>Writes a section's body the way a real agent does: UTF-8 JSON without blanks, absent values left out.</summary>
internal static class SectionBody
{
    private static readonly JsonSerializerOptions Options = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static byte[] Of<T>(T body) => JsonSerializer.SerializeToUtf8Bytes(body, Options);
}
