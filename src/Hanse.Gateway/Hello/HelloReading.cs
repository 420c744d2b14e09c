namespace Hanse.Gateway.Hello;

/// <summary>The outcome of reading a client's first bytes.</summary>
/// <param name="Needed">With <see cref="HelloVerdict.Incomplete"/>: with fewer bytes than these from the start it is not complete.</param>
/// <param name="Name">The server name as it was sent; empty when there is none.</param>
internal readonly ref struct HelloReading(HelloVerdict verdict, int needed = 0, ReadOnlySpan<byte> name = default)
{
    internal HelloVerdict Verdict { get; } = verdict;

    internal int Needed { get; } = needed;

    internal ReadOnlySpan<byte> Name { get; } = name;
}
