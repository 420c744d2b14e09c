using Npgsql;

namespace Hanse.Coordinator.Hosts;

/// <summary>What every step of applying one batch works on: the caller's transaction, whose batch it is, and one instant for all of it.</summary>
internal sealed record HostBatch(NpgsqlConnection Connection, NpgsqlTransaction Transaction, int SiteKey, int EpochOrdinal, DateTime Now)
{
    public NpgsqlCommand Command(string sql) => new(sql, Connection, Transaction)
    {
        Parameters = { new("site", SiteKey), new("epoch", EpochOrdinal), new("now", Now) },
    };
}
