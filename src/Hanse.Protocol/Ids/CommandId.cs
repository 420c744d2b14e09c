using System.Diagnostics.CodeAnalysis;

namespace Hanse.Protocol.Ids;

/// <summary>Random 128-bit id of a command; with a host id it names an execution (D2); never reused (T1). Text form: 32 lower-case hexadecimal digits.</summary>
public readonly record struct CommandId(Guid Value) : IId<CommandId>
{
    public static CommandId From(Guid value) => new(value);

    /// <summary>A new id from the system's cryptographic random source.</summary>
    public static CommandId New() => IdText.New<CommandId>();

    /// <exception cref="FormatException">The text is not 32 hexadecimal digits.</exception>
    public static CommandId Parse(string text) => IdText.Parse<CommandId>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, out CommandId id) => IdText.TryParse(text, out id);

    /// <exception cref="FormatException">There are not exactly 16 bytes.</exception>
    public static CommandId FromBytes(ReadOnlySpan<byte> bytes) => IdText.FromBytes<CommandId>(bytes);

    public override string ToString() => IdText.Format(Value);
}
