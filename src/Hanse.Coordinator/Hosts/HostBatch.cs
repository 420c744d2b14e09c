using Npgsql;

namespace Hanse.Coordinator.Hosts;

/// <summary>What every step of applying one batch works on: the caller's transaction, whose batch it is, and one instant for all of it.</summary>
internal sealed record HostBatch(NpgsqlConnection Connection, NpgsqlTransaction Transaction, int SiteKey, int EpochOrdinal, DateTime Now)
{
    /// <summary>Has the transaction's statements planned by index. A connection keeps plans, and one made while there was no tombstone would go on to read
    /// all of them, a hundred thousand later, until the next analyze.</summary>
    public async Task PlanByIndexAsync(CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("set local enable_seqscan = off", Connection, Transaction);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    public NpgsqlCommand Command(string sql) => new(sql, Connection, Transaction)
    {
        Parameters = { new("site", SiteKey), new("epoch", EpochOrdinal), new("now", Now) },
    };
}
