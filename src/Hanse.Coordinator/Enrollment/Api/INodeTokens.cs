using Npgsql;

namespace Hanse.Coordinator.Enrollment.Api;

/// <summary>The tokens of invitations (J2), for slices whose nodes are invited.</summary>
public interface INodeTokens
{
    /// <summary>Voids every token of a node.</summary>
    Task RemoveAsync(NpgsqlTransaction transaction, Guid node, CancellationToken cancellation);
}
