using Google.Protobuf;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Site.Uplink.Api;

/// <summary>The durable way up. What is put here in a transaction that commits reaches the coordinator, however long that
/// takes: a record exactly once (U1), a state as its newest value (U2).</summary>
public interface IOutbox
{
    /// <summary>Adds facts. They are numbered later, by the drainer, in commit order.</summary>
    Task AppendAsync(NpgsqlTransaction transaction, IReadOnlyCollection<Record> facts, CancellationToken cancellation);

    /// <summary>Sets the newest values of keys, each named once. The same value again costs nothing.</summary>
    Task PutAsync(
        NpgsqlTransaction transaction, StateClass stateClass, IReadOnlyCollection<(ByteString Key, IMessage Value)> entries, CancellationToken cancellation);

    /// <summary>Marks a key as gone: a deletion travels like any value (U2).</summary>
    Task DeleteAsync(NpgsqlTransaction transaction, StateClass stateClass, ByteString key, CancellationToken cancellation);

    /// <summary>Sends keys again, each named once, whether or not they changed: with this value, or as gone where it is null, under a version above the floor.</summary>
    Task ReviseAsync(
        NpgsqlTransaction transaction, StateClass stateClass, IReadOnlyCollection<(ByteString Key, IMessage? Value, long Floor)> entries, CancellationToken cancellation);

    /// <summary>Tells the drainers that a transaction committed. Losing a wake costs only their polling interval.</summary>
    void Wake();

    /// <summary>As <see cref="Wake"/>, after a transaction that put or deleted states and appended no record.</summary>
    void WakeStates();
}
