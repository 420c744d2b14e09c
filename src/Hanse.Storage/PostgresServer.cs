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
    private readonly ConcurrentDictionary<string, NpgsqlDataSource> _pools = new(StringComparer.Ordinal);

    /// <summary>
    /// The pool of a role (see <see cref="DatabaseRoles"/>), the same one at each call. It is this object's: do not dispose it.
    /// Does not connect.
    /// </summary>
    /// <exception cref="StorageRefusedException">This server has no database for the role.</exception>
    public NpgsqlDataSource Open(string role) => _pools.GetOrAdd(role, name => NpgsqlDataSource.Create(Describe(name)));

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
