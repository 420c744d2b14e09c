using System.Data;
using Npgsql;

namespace Hanse.Coordinator.Hosts.Search;

/// <summary>
/// Searches the directory (S3). A page comes from one snapshot, costs no more than its time limit, and pages together cover every row
/// that stays matching throughout, once. Steps: 1 read on by id, which often fills the page and shows how broad each predicate is; where that
/// leaves it open, read on through the narrow indexes; 2 unless the search is broad, find all matches through these indexes and sort them by
/// hostname; 3 if they are too many, go on by id; 4 load the page's rows.
/// </summary>
internal sealed class HostSearch(NpgsqlDataSource database, HostSearchOptions options, TimeProvider time)
{
    public async Task<HostPage> SearchAsync(HostQuery query, CancellationToken cancellation)
    {
        var predicates = HostPredicates.Of(query);
        var found = await FindAsync(query, predicates, cancellation);
        var count = query.ExactCount ? await ExactCountAsync(predicates, found.Count, cancellation) : found.Count;
        await using var connection = await database.OpenConnectionAsync(cancellation);

        // 4
        var rows = await HostReadStore.LoadAsync(connection, found.Ids, cancellation);
        var next = found.More ? found.Next() : null;
        return new(rows, next?.ToString(), count, found.Truncated);
    }

    private async Task<HostFinding> FindAsync(HostQuery query, IReadOnlyList<HostPredicate> predicates, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        var progress = new HostFinding { Limit = query.Limit, After = query.After?.Id ?? Guid.Empty };
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        try
        {
            // 1
            HostSample? sample = null;
            if (query.After is not { ById: false })
            {
                sample = await WalkAsync(connection, transaction, predicates, progress, options.Sample, cancellation);
                if (query.After is null && progress.CanReadOn && IsBroad(sample, query, predicates) && !sample.IsSettled(options.AlwaysSorted))
                {
                    var rows = sample.RowsFor(Math.Max(progress.Missing, options.Sample / 10), options.Sample * 40);
                    sample = sample.With(await ReadOnAsync(connection, transaction, predicates, sample, progress, rows, cancellation));
                }
            }

            // 2
            var broad = query.After is { ById: true } || (sample is not null && IsBroad(sample, query, predicates));
            if (broad && sample?.MatchMoreThan(options.CountBound) == true)
            {
                progress.Count = new(options.CountBound, Exact: false);
            }

            if (!broad && await SortAsync(connection, transaction, query, predicates, sample, progress, cancellation))
            {
                return progress;
            }

            // 3
            sample ??= HostSample.Nothing(predicates);
            for (var most = options.Sample * (sample.TableRows > 0 && predicates.Any(p => p.Terms.Count > 0) ? 128 : 4); progress.NeedsMore; most *= 4)
            {
                if (time.GetElapsedTime(started) > options.TimeLimit)
                {
                    progress.Truncated = true;
                    break;
                }

                var rows = sample.RowsFor(progress.Missing, most);
                sample = sample.With(await ReadOnAsync(connection, transaction, predicates, sample, progress, rows, cancellation));
            }
        }
        catch (PostgresException timeout) when (timeout.SqlState == PostgresErrorCodes.QueryCanceled && !cancellation.IsCancellationRequested)
        {
            progress.Truncated = true;
        }

        return progress;
    }

    private bool IsBroad(HostSample sample, HostQuery query, IReadOnlyList<HostPredicate> predicates) =>
        sample.IsBroad(Math.Min(options.AlwaysSorted, options.SortableRows), query.Limit + 1, predicates);

    /// <summary>Reads on by id over about so many rows: those alone that the index names for the narrow conditions, unless it names more.</summary>
    private Task<HostSample> ReadOnAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<HostPredicate> predicates, HostSample sample, HostFinding progress,
        int rows, CancellationToken cancellation)
    {
        if (sample.TableRows <= 0 || !predicates.Any(p => p.Terms.Count > 0))
        {
            return WalkAsync(connection, transaction, predicates, progress, rows, cancellation);
        }

        var range = new HostIdRange(progress.After, rows, sample.TableRows);
        var drivers = sample.Drivers(predicates, range.Rows, range.Parts.Count);
        return sample.CostOf(range, drivers) > rows
            ? WalkAsync(connection, transaction, predicates, progress, rows, cancellation)
            : RangeAsync(connection, transaction, predicates, drivers.Terms, range, progress, cancellation);
    }

    private async Task<HostSample> RangeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<HostPredicate> predicates, IReadOnlyList<HostTerm> drivers,
        HostIdRange range, HostFinding progress, CancellationToken cancellation)
    {
        await using var batch = Batch(connection, transaction, HostSearchSql.Range(predicates, drivers), predicates, seqScan: false);
        batch.BatchCommands[^1].Parameters.AddRange((NpgsqlParameter[])[
            new("after", range.After), new("parts", range.Parts.ToArray()), new("limit", Math.Max(0, progress.Missing))]);
        await using var reader = await ReadAsync(batch, cancellation);
        await reader.ReadAsync(cancellation);
        var read = HostSample.Nothing(predicates) with
        {
            Rows = range.Rows, Last = range.Until, Candidates = reader.GetInt64(0), Hits = reader.GetInt64(1), TableRows = range.TableRows,
            Matches = await reader.IsDBNullAsync(2, cancellation) ? [] : await reader.GetFieldValueAsync<Guid[]>(2, cancellation),
        };
        progress.Add(read, exhausted: range.IsLast, options.CountBound);
        return read;
    }

    private async Task<HostSample> WalkAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<HostPredicate> predicates, HostFinding progress, int rows,
        CancellationToken cancellation)
    {
        await using var batch = Batch(connection, transaction, HostSearchSql.Walk(predicates), predicates, seqScan: false);
        batch.BatchCommands[^1].Parameters.AddRange((NpgsqlParameter[])[
            new("after", progress.After), new("rows", rows), new("limit", Math.Max(0, progress.Missing))]);
        await using var reader = await ReadAsync(batch, cancellation);
        await reader.ReadAsync(cancellation);
        var sample = new HostSample(
            reader.GetInt64(0),
            await reader.IsDBNullAsync(1, cancellation) ? null : reader.GetGuid(1),
            await reader.IsDBNullAsync(2, cancellation) ? [] : await reader.GetFieldValueAsync<Guid[]>(2, cancellation),
            reader.GetInt64(3),
            await reader.GetFieldValueAsync<long[]>(4, cancellation),
            reader.GetInt64(5)) { Judged = reader.GetInt64(0), Candidates = reader.GetInt64(6) };
        progress.Add(sample, exhausted: sample.Rows < rows, options.CountBound);
        return sample;
    }

    /// <returns>False when there are too many to sort: the order is by id.</returns>
    private async Task<bool> SortAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, HostQuery query, IReadOnlyList<HostPredicate> predicates, HostSample? sample,
        HostFinding progress, CancellationToken cancellation)
    {
        var drivers = sample?.Drivers(predicates, sample.TableRows, parts: 0).Terms ?? [.. predicates.SelectMany(p => p.Terms)];
        var first = query.After is null;
        await using var batch = Batch(connection, transaction, HostSearchSql.Find(predicates, drivers), predicates, seqScan: drivers.Count == 0);
        batch.BatchCommands[^1].Parameters.AddRange((NpgsqlParameter[])[
            new("after", query.After?.Id ?? Guid.Empty),
            new("hostname", query.After?.Hostname ?? ""),
            new("limit", query.Limit + 1),
            // Once the order is chosen it is kept, even if more rows match by now.
            new("bound", first ? options.SortableRows + 1 : int.MaxValue)]);
        var found = new List<(Guid Id, string Hostname)>();
        var number = 0L;
        await using var reader = await ReadAsync(batch, cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            number = reader.GetInt64(0);
            if (!await reader.IsDBNullAsync(1, cancellation))
            {
                found.Add((reader.GetGuid(1), reader.GetString(2)));
            }
        }

        progress.Count = HostCount.Bounded(number, options.CountBound);
        if (first && number > options.SortableRows)
        {
            return false;
        }

        progress.Sorted(found);
        return true;
    }

    private async Task<HostCount> ExactCountAsync(IReadOnlyList<HostPredicate> predicates, HostCount bounded, CancellationToken cancellation)
    {
        if (bounded.Exact)
        {
            return bounded;
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var batch = Batch(connection, transaction, HostSearchSql.Count(predicates), predicates, seqScan: true, timeLimit: options.ExactCountTimeLimit);
        try
        {
            await using var reader = await ReadAsync(batch, cancellation);
            await reader.ReadAsync(cancellation);
            return new(reader.GetInt64(0), Exact: true);
        }
        catch (PostgresException timeout) when (timeout.SqlState == PostgresErrorCodes.QueryCanceled && !cancellation.IsCancellationRequested)
        {
            return bounded;
        }
    }

    // The first result is that of the settings.
    private static async Task<NpgsqlDataReader> ReadAsync(NpgsqlBatch batch, CancellationToken cancellation)
    {
        var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.NextResultAsync(cancellation);
        return reader;
    }

    private NpgsqlBatch Batch(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, IReadOnlyList<HostPredicate> predicates, bool seqScan, TimeSpan? timeLimit = null)
    {
        var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(new(HostSearchSql.Settings(timeLimit ?? options.TimeLimit, seqScan)));

        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(predicates.SelectMany(p => p.Parameters).Select(p => p.Clone()).ToArray());
        batch.BatchCommands.Add(command);
        return batch;
    }
}
