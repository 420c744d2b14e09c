using Hanse.Audit;
using Hanse.Authority.Joining;
using Hanse.Link.Serving;
using Hanse.Protocol.Errors;
using Npgsql;

namespace Hanse.Coordinator.Enrollment;

/// <summary>What a node is told whose token opens nothing (J2).</summary>
internal static class JoinRefusals
{
    private const int MaxVersion = 64;

    /// <summary>A used token in other hands is worth knowing: it is audited before the answer.</summary>
    public static async Task<NodeReply> ReplyAsync(
        JoinTokenDecision.Refused refused, AuditEvent entry, IAuditLog audit, NpgsqlDataSource database, CancellationToken cancellation)
    {
        if (refused.Code == ErrorCodes.TokenUsed)
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await audit.AppendAsync(connection, transaction, entry with { Outcome = refused.Code }, cancellation);
            await transaction.CommitAsync(cancellation);
        }

        return NodeReply.Refuse(403, refused.Code, refused.Message, "joinString");
    }

    /// <summary>A version as it may be stored.</summary>
    public static string Short(string version) => version.Length > MaxVersion ? version[..MaxVersion] : version;
}
