using System.Diagnostics.CodeAnalysis;

namespace Hanse.Protocol.Ids;

/// <summary>Random 128-bit id of a gateway; never reused (T1). Text form: 32 lower-case hexadecimal digits.</summary>
public readonly record struct GatewayId(Guid Value) : IId<GatewayId>
{
    public static GatewayId From(Guid value) => new(value);

    /// <summary>A new id from the system's cryptographic random source.</summary>
    public static GatewayId New() => IdText.New<GatewayId>();

    /// <exception cref="FormatException">The text is not 32 hexadecimal digits.</exception>
    public static GatewayId Parse(string text) => IdText.Parse<GatewayId>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, out GatewayId id) => IdText.TryParse(text, out id);

    /// <exception cref="FormatException">There are not exactly 16 bytes.</exception>
    public static GatewayId FromBytes(ReadOnlySpan<byte> bytes) => IdText.FromBytes<GatewayId>(bytes);

    public override string ToString() => IdText.Format(Value);
}
