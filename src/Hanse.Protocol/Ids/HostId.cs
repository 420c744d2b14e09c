using System.Diagnostics.CodeAnalysis;

namespace Hanse.Protocol.Ids;

/// <summary>Random 128-bit id of a host, given by the first site it joined and kept for life (J4); never reused (T1). Text form: 32 lower-case hexadecimal digits.</summary>
public readonly record struct HostId(Guid Value) : IId<HostId>
{
    public static HostId From(Guid value) => new(value);

    /// <summary>A new id from the system's cryptographic random source.</summary>
    public static HostId New() => IdText.New<HostId>();

    /// <exception cref="FormatException">The text is not 32 hexadecimal digits.</exception>
    public static HostId Parse(string text) => IdText.Parse<HostId>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, out HostId id) => IdText.TryParse(text, out id);

    /// <exception cref="FormatException">There are not exactly 16 bytes.</exception>
    public static HostId FromBytes(ReadOnlySpan<byte> bytes) => IdText.FromBytes<HostId>(bytes);

    public override string ToString() => IdText.Format(Value);
}
