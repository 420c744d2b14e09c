using System.Collections.Concurrent;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Metrics;

/// <summary>The hosts that tell metrics, by id and by key id, and the rows that are ready to be stored. Bounded by the site's hosts, and the rows by a
/// number of their own: with the database away the oldest are let go.</summary>
internal sealed class MeterTable(TimeProvider time)
{
    /// <summary>A day, and an hour for the next key to be asked for.</summary>
    public static readonly TimeSpan KeyLife = TimeSpan.FromHours(25);
    private const int MaxRows = 20_000;
    private readonly Lock _putting = new();
    private readonly ConcurrentDictionary<HostId, HostMeter> _hosts = new();
    private readonly ConcurrentDictionary<ulong, HostMeter> _keys = new();
    private readonly ConcurrentQueue<MeterRow> _rows = new();

    public HostMeter? Find(HostId host) => _hosts.GetValueOrDefault(host);

    /// <summary>The host that holds this key, while it counts.</summary>
    public HostMeter? FindKey(ulong keyId) =>
        _keys.TryGetValue(keyId, out var meter) && time.GetUtcNow() - meter.GivenAt is var age && age < KeyLife ? meter : null;

    /// <summary>The host has this key from now on, and no other.</summary>
    public void Put(HostId host, ulong keyId, byte[] key, DateTimeOffset givenAt, ulong mark)
    {
        lock (_putting)
        {
            var meter = _hosts.GetOrAdd(host, static h => new HostMeter(h));
            _keys.TryRemove(meter.KeyId, out _);
            Enqueue(meter.Rekey(keyId, key, givenAt, mark));
            _keys[keyId] = meter;
        }
    }

    /// <summary>The host is gone or banned: its datagrams are of an unknown key from now on.</summary>
    public void Remove(HostId host)
    {
        lock (_putting)
        {
            if (_hosts.TryRemove(host, out var meter))
            {
                _keys.TryRemove(meter.KeyId, out _);
            }
        }
    }

    /// <summary>Keeps a sample; null, as in a probe, is none.</summary>
    public void Add(HostMeter meter, MetricsSample? sample, bool byDatagram)
    {
        if (sample is not null)
        {
            Enqueue(meter.Add(sample, byDatagram, time.GetUtcNow()));
        }
    }

    /// <summary>Rows to store now: those that are full, and of hosts that fell silent what has waited for <paramref name="age"/>.</summary>
    public List<MeterRow> TakeRows(TimeSpan age, int limit)
    {
        var now = time.GetUtcNow();
        foreach (var meter in _hosts.Values)
        {
            Enqueue(meter.Take(now, age));
        }

        var rows = new List<MeterRow>();
        while (rows.Count < limit && _rows.TryDequeue(out var row))
        {
            rows.Add(row);
        }

        return rows;
    }

    private void Enqueue(MeterRow? row)
    {
        if (row is null)
        {
            return;
        }

        _rows.Enqueue(row);
        if (_rows.Count > MaxRows)
        {
            _rows.TryDequeue(out _);
        }
    }
}
