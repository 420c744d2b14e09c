using System.Text;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Metrics.Readings;

/// <summary>What interfaces receive and send. Those that only join parts of this machine (loopback, containers, bridges) are left out, since their traffic
/// would count twice.</summary>
internal sealed class NetworkReading(ProcFiles files)
{
    private const int MaxInterfaces = 8;
    private static readonly string[] Inside = ["lo", "veth", "docker", "br-", "virbr", "vnet", "tap", "cni", "flannel", "cali", "dummy", "ifb"];

    private readonly List<Interface> _interfaces = [];
    private bool _counted;

    internal void Read(MetricsSample sample, TimeSpan? since)
    {
        var rated = _counted && since is not null;
        foreach (var known in _interfaces)
        {
            known.Seen = false;
        }

        var text = files.Read("/proc/net/dev");
        while (ProcText.Line(ref text, out var line))
        {
            var colon = line.IndexOf((byte)':');
            if (colon > 0)
            {
                var name = line[..colon].TrimStart((byte)' ');
                line = line[(colon + 1)..];
                var received = ProcText.Number(ref line);
                ProcText.Skip(ref line, 7);
                Find(name).Count(received, ProcText.Number(ref line), since);
            }
        }

        _counted = true;
        _interfaces.RemoveAll(i => !i.Seen);
        if (rated)
        {
            Write(sample);
        }
    }

    private void Write(MetricsSample sample)
    {
        ulong received = 0, sent = 0;
        _interfaces.Sort(static (a, b) => (b.Received + b.Sent, a.Name).CompareTo((a.Received + a.Sent, b.Name)));
        foreach (var one in _interfaces.Where(i => i.Outside))
        {
            received += one.Received;
            sent += one.Sent;
            if (sample.Interfaces.Count < MaxInterfaces)
            {
                sample.Interfaces.Add(new InterfaceUse { Name = one.Name, ReceivedBytes = one.Received, SentBytes = one.Sent });
            }
        }

        (sample.NetworkReceivedBytes, sample.NetworkSentBytes) = (received, sent);
    }

    private Interface Find(ReadOnlySpan<byte> name)
    {
        foreach (var known in _interfaces)
        {
            if (name.SequenceEqual(known.Bytes))
            {
                return known;
            }
        }

        var text = Encoding.UTF8.GetString(name);
        var added = new Interface(text, name.ToArray(), !Array.Exists(Inside, i => text == i || (i != "lo" && text.StartsWith(i, StringComparison.Ordinal))));
        _interfaces.Add(added);
        return added;
    }

    private sealed class Interface(string name, byte[] bytes, bool outside)
    {
        private ulong? _received;
        private ulong _sent;

        internal string Name => name;

        internal byte[] Bytes => bytes;

        internal bool Outside => outside;

        internal bool Seen { get; set; }

        internal ulong Received { get; private set; }

        internal ulong Sent { get; private set; }

        internal void Count(ulong received, ulong sent, TimeSpan? since)
        {
            (Received, Sent) = _received is { } before && since is { } time
                ? (ProcText.Rate(before, received, time), ProcText.Rate(_sent, sent, time))
                : (0, 0);
            (_received, _sent, Seen) = (received, sent, true);
        }
    }
}
