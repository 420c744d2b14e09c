using System.Security.Cryptography;
using Dapper;
using Npgsql;

namespace Hanse.Audit.Checkpoints;

/// <summary>Signed checkpoints of the own log, the signatures of witnesses, and everybody's public certificates.</summary>
public sealed class CheckpointStore(NpgsqlDataSource database)
{
    /// <summary>The log that is written to; null before the first entry.</summary>
    public async Task<AuditHead?> HeadAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<AuditHead>(new CommandDefinition(
            $"select {AuditHead.Columns} from audit_log order by ordinal desc limit 1", cancellationToken: cancellation));
    }

    public async Task<IReadOnlyList<AuditHead>> HeadsAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (await connection.QueryAsync<AuditHead>(new CommandDefinition(
            $"select {AuditHead.Columns} from audit_log order by ordinal", cancellationToken: cancellation))).AsList();
    }

    /// <summary>Stores a checkpoint of a size that has none yet; what is stored for a size never changes.</summary>
    public async Task AddAsync(int log, SignedCheckpoint signed, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into audit_checkpoint (log, size, note, created_at) values (@log, @Size, @note, @Time) on conflict do nothing",
            new { log, signed.Checkpoint.Size, note = signed.ToText(), signed.Checkpoint.Time }, cancellationToken: cancellation));
    }

    /// <summary>Newest first, each with the signatures it has got since; <paramref name="below"/> pages.</summary>
    public async Task<IReadOnlyList<(int Log, SignedCheckpoint Signed)>> ListAsync((int Log, long Size)? below, int limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<(int Log, string Note, string[] Lines)>(new CommandDefinition(
            """
            select c.log, c.note, array(select s.line from audit_cosignature s where s.log = c.log and s.size = c.size order by s.signer)
            from audit_checkpoint c
            where @log::integer is null or (c.log, c.size) < (@log, @size)
            order by c.log desc, c.size desc limit @limit
            """,
            new { log = below?.Log, size = below?.Size, limit }, cancellationToken: cancellation));
        return [.. rows.Select(r => (r.Log, Read(r.Note, r.Lines)))];
    }

    public async Task<(int Log, SignedCheckpoint Signed)?> NewestAsync(CancellationToken cancellation) =>
        await ListAsync(null, 1, cancellation) is [var newest] ? newest : null;

    public async Task AddCosignatureAsync(int log, long size, NoteSignature signature, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into audit_cosignature (log, size, signer, line) values (@log, @size, @Signer, @line) on conflict do nothing",
            new { log, size, signature.Signer, line = signature.ToLine() }, cancellationToken: cancellation));
    }

    public async Task AddCertificatesAsync(SignerCertificates certificates, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into audit_certificate (hash, der) select * from unnest(@hashes, @ders) on conflict do nothing",
            new { hashes = certificates.ToDer().Select(SHA256.HashData).ToArray(), ders = certificates.ToDer().ToArray() }, cancellationToken: cancellation));
    }

    public async Task<SignerCertificates> CertificatesAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return SignerCertificates.OfDer(await connection.QueryAsync<byte[]>(new CommandDefinition(
            "select der from audit_certificate", cancellationToken: cancellation)));
    }

    /// <summary>Forgets checkpoints that are neither among the newest thousand nor the last of their day.</summary>
    public async Task PruneAsync(int log, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            with gone as (
                delete from audit_checkpoint where log = @log
                  and size not in (select size from audit_checkpoint where log = @log order by size desc limit 1000)
                  and size not in (select max(size) from audit_checkpoint where log = @log group by date_trunc('day', created_at at time zone 'UTC'))
                returning log, size)
            delete from audit_cosignature s using gone where s.log = gone.log and s.size = gone.size
            """,
            new { log }, cancellationToken: cancellation));
    }

    private static SignedCheckpoint Read(string note, string[] lines)
    {
        var signed = SignedCheckpoint.TryParse(note, out var read) ? read : throw new InvalidDataException("A stored checkpoint is damaged.");
        return signed with
        {
            Signatures = [.. signed.Signatures, .. lines.Select(l => NoteSignature.TryParse(l, out var s) ? s : null).OfType<NoteSignature>()],
        };
    }
}
