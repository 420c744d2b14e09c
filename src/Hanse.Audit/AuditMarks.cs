using Dapper;
using Hanse.Audit.Checkpoints;
using Hanse.Protocol.Audit;
using Npgsql;

namespace Hanse.Audit;

/// <summary>What was stored of a tree as it grew, to be compared while it is grown again: roots of subtrees, and signed checkpoints.</summary>
internal sealed class AuditMarks
{
    private readonly Dictionary<(int Level, ulong Position), byte[]> _nodes = [];
    private readonly Dictionary<long, Checkpoint> _checkpoints = [];
    private string? _fault;

    public static async Task<AuditMarks> ReadAsync(NpgsqlConnection connection, NpgsqlTransaction snapshot, int log, CancellationToken cancellation)
    {
        var marks = new AuditMarks();
        foreach (var (level, position, hash) in await connection.QueryAsync<(short, long, byte[])>(new CommandDefinition(
            "select level, position, hash from audit_node where log = @log", new { log }, snapshot, cancellationToken: cancellation)))
        {
            marks._nodes[(level, (ulong)position)] = hash;
        }

        foreach (var (size, note) in await connection.QueryAsync<(long, string)>(new CommandDefinition(
            "select size, note from audit_checkpoint where log = @log", new { log }, snapshot, cancellationToken: cancellation)))
        {
            if (SignedCheckpoint.TryParse(note, out var signed) && signed.Checkpoint.Size == size)
            {
                marks._checkpoints[size] = signed.Checkpoint;
            }
            else
            {
                marks._fault = $"The checkpoint of {size} entries is damaged.";
            }
        }

        return marks;
    }

    public void Completed(int level, ulong position, byte[] hash)
    {
        if (_nodes.TryGetValue((level, position), out var stored) && !stored.AsSpan().SequenceEqual(hash))
        {
            _fault ??= $"The stored root of entries {(position << level) + 1} to {(position + 1) << level} is not the one over them.";
        }
    }

    public void Reached(MerkleFrontier frontier)
    {
        if (_checkpoints.TryGetValue((long)frontier.Count, out var signed) && !signed.Root.AsSpan().SequenceEqual(frontier.Root()))
        {
            _fault ??= $"The first {frontier.Count} entries are not those of the checkpoint that was signed at {signed.Time:u}.";
        }
    }

    /// <summary>What does not fit, or null.</summary>
    public string? Fault(long entries) => _fault
        ?? (_checkpoints.Keys.DefaultIfEmpty().Max() is var longest && longest > entries
            ? $"A checkpoint of {longest} entries was signed at {_checkpoints[longest].Time:u}; there are {entries}."
            : null);
}
