using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Site.Agents.Api;

/// <summary>Hosts that come from another site with their proof, and hosts that went to another (J4).</summary>
public interface IHostMoves
{
    /// <summary>Takes a host in under the id it has. The record with its proof and its row commit together. Repeated with the same key it changes nothing.</summary>
    /// <returns>Null when it is a host of this site, otherwise why it is not.</returns>
    Task<Error?> TakeInAsync(HostId host, JoinedHost joined, HostMoveRecord record, CancellationToken cancellation);

    /// <summary>A host that has gone with the key it had here is out. One that came back since has another key, and stays.</summary>
    /// <returns>True if it was here.</returns>
    Task<bool> DepartAsync(NpgsqlTransaction transaction, DepartedHost departed, CancellationToken cancellation);

    /// <summary>After that is committed: links that they still have here end.</summary>
    Task CutAsync(IEnumerable<DepartedHost> departed);
}
