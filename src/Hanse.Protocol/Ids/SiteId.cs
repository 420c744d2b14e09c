using System.Diagnostics.CodeAnalysis;

namespace Hanse.Protocol.Ids;

/// <summary>Random 128-bit id of a site; never reused (T1). Text form: 32 lower-case hexadecimal digits.</summary>
public readonly record struct SiteId(Guid Value) : IId<SiteId>
{
    public static SiteId From(Guid value) => new(value);

    /// <summary>A new id from the system's cryptographic random source.</summary>
    public static SiteId New() => IdText.New<SiteId>();

    /// <exception cref="FormatException">The text is not 32 hexadecimal digits.</exception>
    public static SiteId Parse(string text) => IdText.Parse<SiteId>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, out SiteId id) => IdText.TryParse(text, out id);

    /// <exception cref="FormatException">There are not exactly 16 bytes.</exception>
    public static SiteId FromBytes(ReadOnlySpan<byte> bytes) => IdText.FromBytes<SiteId>(bytes);

    public override string ToString() => IdText.Format(Value);
}
