using System.Buffers.Text;

namespace Hanse.Agent.Metrics.Readings;

/// <summary>Takes words and numbers off the front of a line of the kernel's, without making text of them.</summary>
internal static class ProcText
{
    /// <summary>The next line without its end; false at the end of the text.</summary>
    internal static bool Line(ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> line)
    {
        if (text.IsEmpty)
        {
            line = [];
            return false;
        }

        var end = text.IndexOf((byte)'\n');
        line = end < 0 ? text : text[..end];
        text = end < 0 ? [] : text[(end + 1)..];
        return true;
    }

    /// <summary>The next word; empty when there is none.</summary>
    internal static ReadOnlySpan<byte> Word(ref ReadOnlySpan<byte> line)
    {
        line = line.TrimStart((byte)' ').TrimStart((byte)'\t').TrimStart((byte)' ');
        var end = line.IndexOfAny((byte)' ', (byte)'\t');
        var word = end < 0 ? line : line[..end];
        line = line[word.Length..];
        return word;
    }

    /// <summary>The next word as a whole number; 0 when it is none.</summary>
    internal static ulong Number(ref ReadOnlySpan<byte> line) => Utf8Parser.TryParse(Word(ref line), out ulong number, out _) ? number : 0;

    internal static void Skip(ref ReadOnlySpan<byte> line, int words)
    {
        while (words-- > 0)
        {
            _ = Word(ref line);
        }
    }

    /// <summary>A second's mean of a counter that may have begun anew.</summary>
    internal static ulong Rate(ulong before, ulong now, TimeSpan since) =>
        now < before || since <= TimeSpan.Zero ? 0 : (ulong)((now - before) / since.TotalSeconds);
}
