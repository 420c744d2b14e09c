using System.Collections.Concurrent;
using Npgsql;

namespace Hanse.Storage;

/// <summary>
/// The PostgreSQL that the roles of this process use: a private one (<see cref="Instances.PostgresInstance"/>) or one given by connection
/// string (<see cref="ExternalPostgres"/>). Either way one role has one database and one pool. A server that goes away fails the work
/// in hand, and the pool connects again once it is back: whoever retries needs no new data source.
/// </summary>
public abstract class PostgresServer : IAsyncDisposable
{
    private const int StatementsKept = 64;

    private readonly ConcurrentDictionary<string, NpgsqlDataSource> _pools = new(StringComparer.Ordinal);

    /// <summary>
    /// The pool of a role (see <see cref="DatabaseRoles"/>), the same one at each call. It is this object's: do not dispose it.
    /// Does not connect.
    /// </summary>
    /// <exception cref="StorageRefusedException">This server has no database for the role.</exception>
    public NpgsqlDataSource Open(string role) => _pools.GetOrAdd(role, name => NpgsqlDataSource.Create(Prepared(Describe(name))));

    /// <summary>
    /// Keeps the plans of the statements that a connection runs again and again: to plan the join of a page of hosts takes longer than to run it. A
    /// connection string that says how many to keep is obeyed; 0 suits a pooler that hands each transaction to another connection.
    /// </summary>
    public static NpgsqlConnectionStringBuilder Prepared(NpgsqlConnectionStringBuilder connection)
    {
        if (!connection.ShouldSerialize("Max Auto Prepare"))
        {
            connection.MaxAutoPrepare = StatementsKept;
            connection.AutoPrepareMinUsages = 2;
        }

        return connection;
    }

    /// <summary>Closes the pools; a private server is stopped as well.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        foreach (var pool in _pools.Values)
        {
            await pool.DisposeAsync();
        }

        _pools.Clear();
        GC.SuppressFinalize(this);
    }

    /// <summary>The connection string with which a role reaches its database.</summary>
    protected abstract NpgsqlConnectionStringBuilder Describe(string role);
}
