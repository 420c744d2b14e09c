using System.Diagnostics.CodeAnalysis;

namespace Hanse.Protocol.Ids;

/// <summary>Random 128-bit id of a federation; never reused (T1). Text form: 32 lower-case hexadecimal digits.</summary>
public readonly record struct FederationId(Guid Value) : IId<FederationId>
{
    public static FederationId From(Guid value) => new(value);

    /// <summary>A new id from the system's cryptographic random source.</summary>
    public static FederationId New() => IdText.New<FederationId>();

    /// <exception cref="FormatException">The text is not 32 hexadecimal digits.</exception>
    public static FederationId Parse(string text) => IdText.Parse<FederationId>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, out FederationId id) => IdText.TryParse(text, out id);

    /// <exception cref="FormatException">There are not exactly 16 bytes.</exception>
    public static FederationId FromBytes(ReadOnlySpan<byte> bytes) => IdText.FromBytes<FederationId>(bytes);

    public override string ToString() => IdText.Format(Value);
}
