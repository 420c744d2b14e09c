using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Datagrams;

namespace Hanse.Site.Metrics;

/// <summary>One host at this moment: its key and replay window, and the samples that are not yet stored, about a minute's, as bytes: of each the figures, of
/// the last one the lists as well. Thousands of hosts have one each.</summary>
internal sealed class HostMeter(HostId host)
{
    /// <summary>Samples of one row: a host that sends faster than it was asked to fills rows sooner, no more memory.</summary>
    private const int MaxSamples = 64;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly Lock _gate = new();
    private readonly List<(uint AfterMs, byte[] Figures)> _samples = [];
    private byte[] _newest = [];
    private ReplayWindow _window;
    private DateTimeOffset _begun;
    private DateTimeOffset _last;
    private bool _byDatagram;
    private ulong _received;

    public HostId Host => host;

    public ulong KeyId { get; private set; }

    public byte[] Key { get; private set; } = [];

    public DateTimeOffset GivenAt { get; private set; }

    /// <summary>From now on this key alone. What was not stored under the one before is given back, to be stored.</summary>
    public MeterRow? Rekey(ulong keyId, byte[] key, DateTimeOffset givenAt, ulong mark)
    {
        lock (_gate)
        {
            var rest = TakeRow();
            (KeyId, Key, GivenAt, _window, _received) = (keyId, key, givenAt, ReplayWindow.After(mark), 0);
            return rest;
        }
    }

    /// <summary>A datagram whose seal was good: true once for each sequence.</summary>
    public bool TryTake(ulong keyId, ulong sequence)
    {
        lock (_gate)
        {
            var taken = keyId == KeyId && _window.TryTake(sequence);
            _received += taken ? 1UL : 0;
            return taken;
        }
    }

    public MetricsReceipt Receipt()
    {
        lock (_gate)
        {
            return new MetricsReceipt { Highest = _window.Highest, Received = _received };
        }
    }

    /// <summary>Keeps a sample, whose lists it clears; gives a row when the minute, or its room, is full.</summary>
    public MeterRow? Add(MetricsSample sample, bool byDatagram, DateTimeOffset now)
    {
        lock (_gate)
        {
            // A clock that was set back begins another row.
            var full = _samples.Count > 0 && (now - _begun >= Minute || now < _last || _samples.Count >= MaxSamples) ? TakeRow() : null;
            if (_samples.Count == 0)
            {
                _begun = now;
            }

            _newest = sample.ToByteArray();
            WithoutLists(sample);
            _samples.Add(((uint)(now - _begun).TotalMilliseconds, sample.ToByteArray()));
            (_last, _byDatagram) = (now, byDatagram);
            return full;
        }
    }

    /// <summary>What has waited for a minute or longer, or with no age anything.</summary>
    public MeterRow? Take(DateTimeOffset now, TimeSpan age)
    {
        lock (_gate)
        {
            return _samples.Count > 0 && (now - _begun >= age || now < _begun) ? TakeRow() : null;
        }
    }

    /// <summary>What is not stored yet, to be read.</summary>
    public MeterRow? Peek()
    {
        lock (_gate)
        {
            return _samples.Count > 0 ? Row() : null;
        }
    }

    private MeterRow? TakeRow()
    {
        if (_samples.Count == 0)
        {
            return null;
        }

        var row = Row();
        _samples.Clear();
        return row;
    }

    private MeterRow Row()
    {
        var chunk = new MetricsChunk();
        for (var i = 0; i < _samples.Count; i++)
        {
            var bytes = i == _samples.Count - 1 ? _newest : _samples[i].Figures;
            chunk.Samples.Add(new MetricsChunkSample { AfterMs = _samples[i].AfterMs, Sample = MetricsSample.Parser.ParseFrom(bytes) });
        }

        return new MeterRow(host, _begun, _last, KeyId, _window.Highest, _byDatagram, chunk.ToByteArray(), Tally.Of(chunk.Samples.Select(s => s.Sample)));
    }

    private static void WithoutLists(MetricsSample sample)
    {
        sample.FileSystems.Clear();
        sample.Interfaces.Clear();
        sample.Processes.Clear();
        sample.Logins.Clear();
    }
}

/// <summary>About a minute of one host, as it is stored.</summary>
internal sealed record MeterRow(
    HostId Host, DateTimeOffset At, DateTimeOffset Until, ulong KeyId, ulong Mark, bool ByDatagram, byte[] Chunk, Tally Tally);
