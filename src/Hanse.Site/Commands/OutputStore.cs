using Dapper;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Site.Commands;

/// <summary>Full output of executions, as pieces without gaps: what is held of a stream always starts at 0 (D5).</summary>
internal sealed class OutputStore(NpgsqlDataSource database)
{
    private const int MaxRead = 256 * 1024;

    /// <summary>Adds what continues each stream, ignores what is already here or comes after a gap, and tells the offset held.</summary>
    public async Task<OutputReceipt> AppendAsync(HostId host, OutputReport report, CancellationToken cancellation)
    {
        var receipt = new OutputReceipt();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        foreach (var stream in report.Chunks.GroupBy(c => (Command: CommandId.FromBytes(c.CommandId.Span), c.Stream)).OrderBy(s => s.Key.Command.Value).ThenBy(s => s.Key.Stream))
        {
            var key = new StreamKey(stream.Key.Command.Value, host.Value, (short)stream.Key.Stream);
            await LockAsync(transaction, key, cancellation);
            var held = await LengthAsync(connection, key, transaction, cancellation);
            foreach (var chunk in stream.OrderBy(c => c.Offset))
            {
                held = await AppendAsync(transaction, key, chunk, held, cancellation);
            }

            receipt.Offsets.Add(new OutputOffset
            {
                CommandId = stream.Key.Command.ToWire(), Stream = stream.Key.Stream, Acknowledged = (ulong)held,
            });
        }

        await transaction.CommitAsync(cancellation);
        return receipt;
    }

    /// <summary>At most <c>limit</c> bytes from the offset on.</summary>
    public async Task<(byte[] Data, long Length)> ReadAsync(ExecutionOutputQuery query, CancellationToken cancellation)
    {
        var key = new StreamKey(
            CommandId.FromBytes(query.CommandId.Span).Value, HostId.FromBytes(query.HostId.Span).Value, (short)query.Stream);
        var (from, limit) = ((long)query.Offset, (int)Math.Clamp(query.Limit == 0 ? MaxRead : query.Limit, 1, MaxRead));
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var length = await LengthAsync(connection, key, null, cancellation);
        var pieces = await connection.QueryAsync<(long Start, byte[] Data)>(new CommandDefinition(
            """
            select start_offset, data from commands_output
            where command_id = @Command and host_id = @Host and stream = @Stream
              and start_offset < @to and start_offset + octet_length(data) > @from
            order by start_offset
            """,
            new { key.Command, key.Host, key.Stream, from, to = from + limit }, cancellationToken: cancellation));
        using var result = new MemoryStream();
        foreach (var (start, data) in pieces)
        {
            var skip = (int)Math.Max(0, from - start);
            result.Write(data.AsSpan(skip, (int)Math.Min(data.Length - skip, limit - result.Length)));
        }

        return (result.ToArray(), length);
    }

    /// <summary>One writer a stream: two reports that overlap (an agent that came back while its old link still wrote) must not both
    /// be told that they continued it.</summary>
    private static Task LockAsync(NpgsqlTransaction transaction, StreamKey key, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "select pg_advisory_xact_lock(hashtextextended('commands_output ' || @Command::text || @Host::text || @Stream::text, 0))",
            key, transaction, cancellationToken: cancellation));

    private static async Task<long> AppendAsync(
        NpgsqlTransaction transaction, StreamKey key, OutputChunk chunk, long held, CancellationToken cancellation)
    {
        var known = held - (long)chunk.Offset;
        if (known < 0 || known >= chunk.Data.Length)
        {
            return held;
        }

        var data = chunk.Data.Span[(int)known..].ToArray();
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            insert into commands_output (command_id, host_id, stream, start_offset, data)
            values (@Command, @Host, @Stream, @held, @data) on conflict do nothing
            """,
            new { key.Command, key.Host, key.Stream, held, data }, transaction, cancellationToken: cancellation));
        return held + data.Length;
    }

    private static Task<long> LengthAsync(
        NpgsqlConnection connection, StreamKey key, NpgsqlTransaction? transaction, CancellationToken cancellation) =>
        connection.QuerySingleAsync<long>(new CommandDefinition(
            """
            select coalesce(max(start_offset + octet_length(data)), 0) from commands_output
            where command_id = @Command and host_id = @Host and stream = @Stream
            """,
            key, transaction, cancellationToken: cancellation));

    private sealed record StreamKey(Guid Command, Guid Host, short Stream);
}
