using System.Text.Json;
using System.Text.Json.Serialization;
using Hanse.Protocol.Text;

namespace Hanse.Coordinator.Api;

/// <summary>Durations are text with a unit (<c>30s</c>, <c>5m</c>, <c>24h</c>), never bare numbers.</summary>
internal sealed class DurationConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && DurationText.TryParse(reader.GetString(), out var duration)
            ? duration
            : throw new JsonException("A duration is text with a unit, such as \"30s\", \"5m\" or \"24h\".");

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(DurationText.Format(value));
}
