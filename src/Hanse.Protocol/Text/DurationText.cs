using System.Globalization;

namespace Hanse.Protocol.Text;

/// <summary>Durations as people write them: a whole number and a unit, <c>ms s m h d</c>, one or several in falling order
/// (<c>90s</c>, <c>1h30m</c>). A bare number is refused: nobody can tell its unit. Used by the API, the CLI and the configuration.</summary>
public static class DurationText
{
    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("d", TimeSpan.FromDays(1)), ("h", TimeSpan.FromHours(1)), ("m", TimeSpan.FromMinutes(1)),
        ("s", TimeSpan.FromSeconds(1)), ("ms", TimeSpan.FromMilliseconds(1)),
    ];

    /// <summary>The shortest exact text down to milliseconds; <c>0s</c> for nothing.</summary>
    public static string Format(TimeSpan duration)
    {
        var text = "";
        var rest = duration;
        foreach (var (unit, length) in Units)
        {
            var count = rest.Ticks / length.Ticks;
            rest -= count * length;
            text += count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{count}{unit}");
        }

        return text.Length == 0 ? "0s" : text;
    }

    /// <summary>Reads what <see cref="Format"/> writes; false for a sign, a bare number, a unit twice or in the wrong order, or overflow.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        var rest = text.AsSpan().Trim();
        if (rest.IsEmpty)
        {
            return false;
        }

        var next = 0;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits <= 0 || !long.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                return false;
            }

            rest = rest[digits..];
            var end = rest.IndexOfAnyInRange('0', '9');
            var unit = (end < 0 ? rest : rest[..end]).ToString();
            var index = Array.FindIndex(Units, next, u => u.Unit == unit);
            if (index < 0 || count > (TimeSpan.MaxValue - duration).Ticks / Units[index].Length.Ticks)
            {
                return false;
            }

            duration += count * Units[index].Length;
            next = index + 1;
            rest = rest[unit.Length..];
        }

        return true;
    }
}
