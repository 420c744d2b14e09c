using System.Text.Json;
using System.Text.Json.Serialization;
using Hanse.Protocol.Ids;

namespace Hanse.Coordinator.Api;

/// <summary>Ids are text: 32 lower-case hexadecimal digits.</summary>
internal sealed class IdConverter<T> : JsonConverter<T> where T : struct, IId<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Guid.TryParseExact(reader.GetString(), "n", out var value)
            ? T.From(value)
            : throw new JsonException("An id is 32 hexadecimal digits.");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(IdText.Format(value.Value));
}
