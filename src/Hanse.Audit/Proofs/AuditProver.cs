using Hanse.Protocol.Audit;
using Npgsql;
using NpgsqlTypes;

namespace Hanse.Audit.Proofs;

/// <summary>Makes proofs of RFC 6962 from stored subtrees. A proof costs a few reads of at most 256 hashes for each eight levels of the tree,
/// however long the log is: (1) which nodes it needs is found by making it with none; (2) those are read; (3) it is made.</summary>
public sealed class AuditProver(NpgsqlDataSource database)
{
    private const int TileSize = 1 << AuditNode.LevelsApart;

    /// <summary>That entry <paramref name="seq"/> is among the first <paramref name="size"/>.</summary>
    /// <exception cref="InvalidDataException">The log has lost entries that the proof needs.</exception>
    public Task<IReadOnlyList<byte[]>> InclusionAsync(int log, long seq, long size, CancellationToken cancellation) =>
        MakeAsync(log, nodes => MerkleProof.Inclusion((ulong)seq - 1, (ulong)size, nodes), cancellation);

    /// <summary>That the first <paramref name="size"/> entries begin with the first <paramref name="earlier"/>; nothing to prove from 0 on.</summary>
    /// <exception cref="InvalidDataException">The log has lost entries that the proof needs.</exception>
    public Task<IReadOnlyList<byte[]>> ConsistencyAsync(int log, long earlier, long size, CancellationToken cancellation) => earlier == 0
        ? Task.FromResult<IReadOnlyList<byte[]>>([])
        : MakeAsync(log, nodes => MerkleProof.Consistency((ulong)earlier, (ulong)size, nodes), cancellation);

    /// <summary>The root that the log had with its first <paramref name="size"/> entries.</summary>
    /// <exception cref="InvalidDataException">The log has lost entries that it is made of.</exception>
    public Task<byte[]> RootAsync(int log, long size, CancellationToken cancellation) =>
        MakeAsync(log, nodes => MerkleProof.Root((ulong)size, nodes), cancellation);

    private async Task<T> MakeAsync<T>(int log, Func<MerkleNodeReader, T> make, CancellationToken cancellation)
    {
        // 1
        var needed = new HashSet<(int Level, ulong Position)>();
        make((level, position) =>
        {
            needed.Add((level, position));
            return new byte[MerkleHash.Length];
        });

        // 2
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var reading = new Reading(connection, log, []);
        var nodes = new Dictionary<(int, ulong), byte[]>();
        foreach (var (level, position) in needed)
        {
            nodes[(level, position)] = await NodeAsync(reading, level, position, cancellation);
        }

        // 3
        return make((level, position) => nodes[(level, position)]);
    }

    private static async Task<byte[]> NodeAsync(Reading reading, int level, ulong position, CancellationToken cancellation)
    {
        var within = level % AuditNode.LevelsApart;
        var (stored, first) = (level - within, position << within);
        var tile = await TileAsync(reading, stored, first / TileSize, cancellation);
        var hashes = new List<byte[]>(1 << within);
        for (var i = first; i < first + (1UL << within); i++)
        {
            hashes.Add(tile.TryGetValue(i, out var hash) ? hash
                : stored > 0 ? await NodeOfLeavesAsync(reading, stored, i, cancellation)
                : throw new InvalidDataException($"The log has no entry {i + 1}, which a proof needs. `hanse audit verify` shows what is wrong."));
        }

        return Combine(hashes);
    }

    /// <summary>A subtree that was not stored, from the ones below it.</summary>
    private static async Task<byte[]> NodeOfLeavesAsync(Reading reading, int level, ulong position, CancellationToken cancellation)
    {
        var halves = new List<byte[]>(TileSize);
        for (var i = position * TileSize; i < (position + 1) * TileSize; i++)
        {
            halves.Add(await NodeAsync(reading, level - AuditNode.LevelsApart, i, cancellation));
        }

        return Combine(halves);
    }

    private static byte[] Combine(List<byte[]> hashes)
    {
        while (hashes.Count > 1)
        {
            hashes = [.. hashes.Chunk(2).Select(pair => MerkleHash.Node(pair[0], pair[1]))];
        }

        return hashes[0];
    }

    private static async Task<IReadOnlyDictionary<ulong, byte[]>> TileAsync(Reading reading, int level, ulong tile, CancellationToken cancellation)
    {
        if (reading.Tiles.TryGetValue((level, tile), out var held))
        {
            return held;
        }

        await using var select = new NpgsqlCommand(
            level == 0
                ? "select seq - 1, leaf_hash from audit_entry where log = $1 and seq > $3 and seq <= $4"
                : "select position, hash from audit_node where log = $1 and level = $2 and position >= $3 and position < $4",
            reading.Connection);
        select.Parameters.AddWithValue(reading.Log);
        select.Parameters.Add(new NpgsqlParameter { Value = (short)level, NpgsqlDbType = NpgsqlDbType.Smallint });
        select.Parameters.AddWithValue((long)tile * TileSize);
        select.Parameters.AddWithValue(((long)tile + 1) * TileSize);
        var hashes = new Dictionary<ulong, byte[]>(TileSize);
        await using var rows = await select.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            hashes[(ulong)rows.GetInt64(0)] = (byte[])rows.GetValue(1);
        }

        reading.Tiles[(level, tile)] = hashes;
        return hashes;
    }

    private sealed record Reading(NpgsqlConnection Connection, int Log, Dictionary<(int, ulong), IReadOnlyDictionary<ulong, byte[]>> Tiles);
}
