using System.Globalization;

namespace Hanse.Fuzz.Tests.Frames;

/// <summary>Frames of real nodes, one a file, as they were seen on the four ways of a link. <c>HANSE_UPDATE=1 ./test fuzz</c> records them anew.</summary>
internal static class RecordedFrames
{
    private const string Ending = ".hex";

    /// <summary>What was sent this way, in the order in which it was recorded.</summary>
    public static IReadOnlyList<byte[]> Of(FrameWay way)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Corpus");
        var files = Directory.GetFiles(folder, $"{way}.*{Ending}").Order(StringComparer.Ordinal).ToList();
        return files.Count > 0
            ? [.. files.Select(f => Convert.FromHexString(File.ReadAllText(f).Trim()))]
            : throw new InvalidOperationException($"{folder} holds no frame of {way}. Record some: HANSE_UPDATE=1 ./test fuzz");
    }

    /// <summary>Frames that once broke something, under the name of what they broke. A fuzzer says them first.</summary>
    public static IReadOnlyList<byte[]> Regressions(FrameWay way) =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Regressions"), $"{way}.*{Ending}").Order(StringComparer.Ordinal)
            .Select(f => Convert.FromHexString(File.ReadAllText(f).Trim()))];

    /// <summary>Replaces what is in the source folder.</summary>
    public static void Save(string folder, FrameWay way, IReadOnlyList<(string Kind, byte[] Bytes)> frames)
    {
        foreach (var old in Directory.GetFiles(folder, $"{way}.*{Ending}"))
        {
            File.Delete(old);
        }

        foreach (var ((kind, bytes), i) in frames.Select((f, i) => (f, i)))
        {
            File.WriteAllText(
                Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{way}.{i:00}.{kind}{Ending}")), Convert.ToHexStringLower(bytes) + "\n");
        }
    }
}
