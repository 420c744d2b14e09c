using System.Diagnostics.CodeAnalysis;
using Hanse.Protocol.Messages;

namespace Hanse.Link;

/// <summary>The peer's answer, or the typed error it, or a limit of the link, gave instead. Exactly one is set.</summary>
public readonly struct LinkResult<T> where T : class
{
    private LinkResult(T? value, Error? error) => (Value, Error) = (value, error);

    public T? Value { get; }

    public Error? Error { get; }

    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Value is not null;

    public static LinkResult<T> Ok(T value) => new(value, null);

    public static LinkResult<T> Fail(Error error) => new(null, error);

    public static LinkResult<T> Fail(string code, string message) => Fail(LinkErrors.Of(code, message));
}
