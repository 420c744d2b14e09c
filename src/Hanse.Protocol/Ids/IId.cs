namespace Hanse.Protocol.Ids;

/// <summary>What the id types share. On the wire an id is its 16 bytes in text order; in SQL it is a <c>uuid</c>.</summary>
public interface IId<TSelf> where TSelf : struct, IId<TSelf>
{
    Guid Value { get; }

    static abstract TSelf From(Guid value);
}
