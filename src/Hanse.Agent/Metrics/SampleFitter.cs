using Google.Protobuf;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Metrics;

/// <summary>Cuts a sample down until its report fits one datagram. Figures are never cut. Texts are shortened first; then, as long as it is too large, the list that
/// takes most of the room loses its last entry, which is its least. The same sample is always cut the same way.</summary>
internal static class SampleFitter
{
    private const int NameLength = 32;
    private const int PathLength = 64;

    /// <returns>The report, of at most <paramref name="limit"/> bytes.</returns>
    internal static MetricsReport Fit(MetricsSample sample, int limit)
    {
        Shorten(sample);
        var report = new MetricsReport { Sample = sample };
        while (report.CalculateSize() > limit && CutOne(sample))
        {
            // Each round takes one entry, and there are a few dozen.
        }

        return report;
    }

    private static bool CutOne(MetricsSample sample)
    {
        var (files, interfaces) = (Size(sample.FileSystems), Size(sample.Interfaces));
        var (processes, logins) = (Size(sample.Processes), Size(sample.Logins));
        var largest = Math.Max(Math.Max(files, interfaces), Math.Max(processes, logins));
        return largest > 0 && (largest == logins ? Cut(sample.Logins) : largest == files ? Cut(sample.FileSystems)
            : largest == interfaces ? Cut(sample.Interfaces) : Cut(sample.Processes));
    }

    private static bool Cut<T>(Google.Protobuf.Collections.RepeatedField<T> list)
    {
        list.RemoveAt(list.Count - 1);
        return true;
    }

    private static int Size<T>(Google.Protobuf.Collections.RepeatedField<T> list) where T : IMessage
    {
        var size = 0;
        foreach (var entry in list)
        {
            size += entry.CalculateSize();
        }

        return size;
    }

    private static void Shorten(MetricsSample sample)
    {
        foreach (var one in sample.FileSystems)
        {
            one.Path = Short(one.Path, PathLength);
        }

        foreach (var one in sample.Interfaces)
        {
            one.Name = Short(one.Name, NameLength);
        }

        foreach (var one in sample.Processes)
        {
            one.Name = Short(one.Name, NameLength);
        }

        foreach (var one in sample.Logins)
        {
            (one.User, one.Terminal, one.From) = (Short(one.User, NameLength), Short(one.Terminal, NameLength), Short(one.From, PathLength));
        }
    }

    private static string Short(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
}
