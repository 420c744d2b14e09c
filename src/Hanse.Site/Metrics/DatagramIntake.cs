using Google.Protobuf;
using Hanse.Protocol.Datagrams;
using Hanse.Protocol.Messages;
using Hanse.Trust.Datagrams;

namespace Hanse.Site.Metrics;

/// <summary>Judges datagrams, in the order of docs/protocol/datagrams.md, and hands on what they hold. Whatever bytes come, nothing is ever answered, nothing
/// throws, and a host can speak for itself alone (G2).</summary>
internal sealed class DatagramIntake(MeterTable meters, DatagramCounts counts)
{
    private readonly byte[] _content = new byte[DatagramHeader.MaxDatagram];

    /// <summary>One at a time: the listener's.</summary>
    /// <param name="datagram">As it came.</param>
    /// <param name="byGateway">It comes from a gateway, whose word on the source may stand before it. From anybody else that makes it malformed.</param>
    public DatagramFate Take(ReadOnlySpan<byte> datagram, bool byGateway)
    {
        var fate = Judge(byGateway ? SourcePrefix.Skip(datagram) : datagram);
        counts.Count(fate);
        return fate;
    }

    private DatagramFate Judge(ReadOnlySpan<byte> datagram)
    {
        if (!DatagramHeader.TryRead(datagram, out var header))
        {
            return DatagramFate.Malformed;
        }

        if (meters.FindKey(header.KeyId) is not { } meter)
        {
            return DatagramFate.UnknownKey;
        }

        var content = _content.AsSpan(0, datagram.Length - DatagramHeader.Bytes - DatagramHeader.TagBytes);
        if (!DatagramSeal.TryOpen(meter.Key, header, datagram, content))
        {
            return DatagramFate.Forged;
        }

        if (!meter.TryTake(header.KeyId, header.Sequence))
        {
            return DatagramFate.Replayed;
        }

        try
        {
            meters.Add(meter, MetricsReport.Parser.ParseFrom(content).Sample, byDatagram: true);
            return DatagramFate.Taken;
        }
        catch (InvalidProtocolBufferException)
        {
            return DatagramFate.Malformed;
        }
    }
}
