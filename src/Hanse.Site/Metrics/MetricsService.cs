using Google.Protobuf;
using Hanse.Protocol.Datagrams;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Enrollment.Api;
using Hanse.Site.Metrics.Api;
using Hanse.Trust.Datagrams;

namespace Hanse.Site.Metrics;

/// <summary>Gives keys, takes what comes over links, and reads back. A host has the key that it was given last, also when two answers crossed.</summary>
internal sealed class MetricsService(
    MeterTable meters, KeyStore keys, MetricsStore store, ISiteIdentity identity, SiteOptions options, TimeProvider time) : IMetrics
{
    private const int MaxPoints = 2_000;
    private static readonly TimeSpan RenewAfter = TimeSpan.FromHours(24);
    private readonly SemaphoreSlim _opening = new(1, 1);
    private byte[]? _secret;

    public async Task<MetricsKey> GiveKeyAsync(HostId host, CancellationToken cancellation)
    {
        var answer = new MetricsKey { RenewS = (uint)RenewAfter.TotalSeconds, IntervalMs = (uint)options.Metrics.Interval.TotalMilliseconds };
        if (options.Metrics.Parts.Count == 0)
        {
            return answer;
        }

        var (keyId, now) = (DatagramKey.NewId(), time.GetUtcNow());
        var key = DatagramKey.Derive(await SecretAsync(cancellation), host, keyId);
        await keys.GiveAsync(host, keyId, now, cancellation);
        meters.Put(host, keyId, key, now, mark: 0);
        (answer.KeyId, answer.Key, answer.RouteId) = (keyId, ByteString.CopyFrom(key), RouteId.Of(identity.Self!.Id));
        answer.Parts.AddRange(options.Metrics.Parts);
        return answer;
    }

    public MetricsReceipt Receive(HostId host, MetricsReport report)
    {
        if (meters.Find(host) is not { } meter)
        {
            return new MetricsReceipt(); // it never asked for a key: what it tells was not asked for
        }

        if (report.CalculateSize() > DatagramHeader.MaxPayload)
        {
            throw new FormatException($"A metrics report has at most {DatagramHeader.MaxPayload} bytes, as in a datagram.");
        }

        meters.Add(meter, report.Sample, byDatagram: false);
        return meter.Receipt();
    }

    public async Task<HostMetrics?> ReadAsync(HostMetricsQuery query, CancellationToken cancellation)
    {
        var host = HostId.FromBytes(query.HostId.Span);
        var (from, to) = (Instant(query.FromUnixMs), Instant(query.ToUnixMs).AddTicks(TimeSpan.TicksPerMillisecond - 1));
        if (to < from || query.Points is 0 or > MaxPoints)
        {
            throw new FormatException($"from is not after to, and points is a number from 1 to {MaxPoints}.");
        }

        var kept = from >= time.GetUtcNow() - options.Metrics.Kept;
        var minutes = kept ? await store.MinutesAsync(host, from, to, cancellation) : await NewestAsync(host, to, cancellation);
        if (meters.Find(host)?.Peek() is { } open && open.At <= to && open.Until >= from)
        {
            minutes = [.. minutes, new MinuteRow(open.At.UtcDateTime, open.ByDatagram, open.Chunk)];
        }

        var answer = SeriesPlanner.Last(minutes, from, to);
        answer = kept
            ? SeriesPlanner.OfMinutes(answer, minutes, from, to, (int)query.Points)
            : SeriesPlanner.OfHours(answer, await store.HoursAsync(host, from, to, cancellation), (int)query.Points);
        return answer.Last is null && answer.Points.Count == 0 ? null : answer;
    }

    /// <summary>Takes up what an earlier life of this site had given.</summary>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        var secret = await SecretAsync(cancellation);
        foreach (var held in await keys.ListAsync(time.GetUtcNow() - MeterTable.KeyLife, cancellation))
        {
            var host = new HostId(held.Host);
            if (meters.Find(host) is null) // one that came back already has a newer key
            {
                meters.Put(host, (ulong)held.KeyId, DatagramKey.Derive(secret, host, (ulong)held.KeyId), held.GivenAt, (ulong)held.Mark);
            }
        }
    }

    private async Task<IReadOnlyList<MinuteRow>> NewestAsync(HostId host, DateTimeOffset to, CancellationToken cancellation) =>
        await store.NewestAsync(host, to, cancellation) is { } newest ? [newest] : [];

    private async Task<byte[]> SecretAsync(CancellationToken cancellation)
    {
        if (_secret is null)
        {
            await _opening.WaitAsync(cancellation);
            try
            {
                _secret ??= await keys.SecretAsync(cancellation);
            }
            finally
            {
                _opening.Release();
            }
        }

        return _secret;
    }

    private static DateTimeOffset Instant(long unixMs) => unixMs is >= 0 and <= 253_402_300_799_999
        ? DateTimeOffset.FromUnixTimeMilliseconds(unixMs)
        : throw new FormatException("from and to are instants between the years 1970 and 9999.");
}
