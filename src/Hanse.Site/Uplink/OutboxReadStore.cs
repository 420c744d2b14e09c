using Dapper;
using Hanse.Protocol.Messages;
using Npgsql;
using Record = Hanse.Protocol.Messages.Record;

namespace Hanse.Site.Uplink;

/// <summary>The outbox as people see it: first what was set aside, then what waits, each oldest first. An entry is named by its kind and number or
/// key: <c>refused-3</c>, <c>state-1-…</c>, <c>record-12</c>.</summary>
internal sealed class OutboxReadStore(NpgsqlDataSource database)
{
    public const string SetAside = "set-aside";
    public const string Waiting = "waiting";

    // One row an entry: part orders and names the kind, key orders within it.
    private const string Entries = """
        with entry as (
            select 1 as part, lpad(id::text, 19, '0') as key, id, 1 as class, 'set-aside' as status, set_aside_at as created, sequence, code, message, fact as value, false as deleted
            from uplink_set_aside where settled_at is null and (@status = '' or @status = 'set-aside')
            union all
            select 2, class || '-' || encode(key, 'hex'), 0, class + 1, 'set-aside', changed_at, 0, split_part(refusal, ': ', 1), substr(refusal, strpos(refusal, ': ') + 2), value, deleted
            from uplink_state where refusal <> '' and counter = acknowledged and (@status = '' or @status = 'set-aside')
            union all
            select 3, lpad(id::text, 19, '0'), id, 1, 'waiting', created_at, coalesce(sequence, 0), '', '', fact, false
            from uplink_record where acknowledged_at is null and (@status = '' or @status = 'waiting')
            union all
            select 4, class || '-' || encode(key, 'hex'), 0, class + 1, 'waiting', changed_at, 0, '', '', value, deleted
            from uplink_state where counter > acknowledged and (@status = '' or @status = 'waiting'))
        select part as Part, key as Key, id as Id, class as Class, status as Status, created as Created, sequence as Sequence, code as Code,
               message as Message, value as Value, deleted as Deleted
        from entry
        """;

    /// <param name="status">set-aside, waiting, or empty for both.</param>
    /// <param name="after">Id of the last entry before; empty from the beginning.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="FormatException">after is no id.</exception>
    public async Task<OutboxPage> ListAsync(string status, string after, int limit, CancellationToken cancellation)
    {
        var (part, key) = after.Length == 0 ? (0, "") : Locate(after) ?? throw new FormatException("after is the id of an entry of the page before.");
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = (await connection.QueryAsync<Row>(new CommandDefinition(
            $"{Entries} where (part, key) > (@part, @key) order by part, key limit @more",
            new { status, part, key, more = limit + 1 }, cancellationToken: cancellation))).AsList();
        var page = new OutboxPage { More = rows.Count > limit };
        page.Entries.AddRange(rows.Take(limit).Select(r => r.ToEntry()));
        return page;
    }

    /// <summary>Null if there is none of this id: it was acknowledged, or settled.</summary>
    public async Task<OutboxEntryDetail?> FindAsync(string id, CancellationToken cancellation)
    {
        if (Locate(id) is not var (part, key))
        {
            return null;
        }

        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = (await connection.QueryAsync<Row>(new CommandDefinition(
            $"{Entries} where part = @part and key = @key", new { status = "", part, key }, cancellationToken: cancellation))).FirstOrDefault();
        return row is null ? null : new OutboxEntryDetail { Entry = row.ToEntry(), Json = row.ToJson() };
    }

    /// <summary>Where an id lies; null if it is none.</summary>
    public static (int Part, string Key)? Locate(string id) => id.Split('-', 2) switch
    {
        ["refused", var number] when long.TryParse(number, out var n) && n > 0 => (1, $"{n:d19}"),
        ["refusedstate", var key] => (2, key),
        ["record", var number] when long.TryParse(number, out var n) && n > 0 => (3, $"{n:d19}"),
        ["state", var key] => (4, key),
        _ => null,
    };

    private sealed class Row
    {
        public int Part { get; init; }
        public string Key { get; init; } = "";
        public long Id { get; init; }
        public int Class { get; init; }
        public string Status { get; init; } = "";
        public DateTime Created { get; init; }
        public long Sequence { get; init; }
        public string Code { get; init; } = "";
        public string Message { get; init; } = "";
        public byte[] Value { get; init; } = [];
        public bool Deleted { get; init; }

        private bool IsRecord => Part is 1 or 3;

        public OutboxEntry ToEntry()
        {
            var (kind, subject) = IsRecord ? OutboxText.OfFact(Value)
                : OutboxText.OfState((StateClass)(Class - 1), Convert.FromHexString(Key[(Key.IndexOf('-', StringComparison.Ordinal) + 1)..]));
            return new OutboxEntry
            {
                Id = Part switch { 1 => $"refused-{Id}", 2 => $"refusedstate-{Key}", 3 => $"record-{Id}", _ => $"state-{Key}" },
                Class = (OutboxClass)Class, Status = Status, Kind = kind, Subject = subject, Sequence = (ulong)Sequence, Code = Code, Message = Message,
                CreatedUnixMs = new DateTimeOffset(Created).ToUnixTimeMilliseconds(), Size = (uint)Value.Length,
            };
        }

        public string ToJson() => Deleted ? "{ \"deleted\": true }"
            : OutboxText.Json(
                IsRecord ? Record.Parser.ParseFrom(Value)
                    : Class == (int)OutboxClass.Host ? HostState.Parser.ParseFrom(Value) : RollupState.Parser.ParseFrom(Value),
                Value);
    }
}
