using System.Globalization;
using System.Text;

namespace Hanse.Gateway.Routes;

/// <summary>Server names in one form: lower case, no trailing dot, international labels as IDNA A-labels.</summary>
internal static class ServerName
{
    /// <summary>The longest name DNS can hold.</summary>
    internal const int Longest = 253;

    private static readonly IdnMapping Idna = new() { UseStd3AsciiRules = false, AllowUnassigned = true };

    /// <summary>The form of a name that a person wrote, or of <c>*.</c> and a name; null for what cannot be one.</summary>
    internal static string? TryPattern(string text)
    {
        var wild = text.StartsWith("*.", StringComparison.Ordinal);
        var name = TryNormalize(wild ? text[2..] : text);
        return name is null ? null : wild ? "*." + name : name;
    }

    /// <summary>The form of a whole name; null for what cannot be one.</summary>
    internal static string? TryNormalize(string text)
    {
        var name = text.EndsWith('.') ? text[..^1] : text;
        try
        {
            name = Ascii.IsValid(name) ? name : Idna.GetAscii(name);
        }
        catch (ArgumentException)
        {
            return null;
        }

        name = name.ToLowerInvariant();
        return IsName(name) ? name : null;
    }

    /// <summary>Writes the form of a name from the wire; the count of characters, or -1 for what cannot be a name. Allocates only for names that are not ASCII.</summary>
    internal static int Normalize(ReadOnlySpan<byte> wire, Span<char> form)
    {
        if (wire.IsEmpty || wire.Length > Longest + 1)
        {
            return -1;
        }

        if (!Ascii.IsValid(wire))
        {
            if (TryNormalize(Encoding.UTF8.GetString(wire)) is not { } name)
            {
                return -1;
            }

            name.CopyTo(form);
            return name.Length;
        }

        wire = wire[^1] == (byte)'.' ? wire[..^1] : wire;
        Ascii.ToLower(wire, form, out var count);
        return IsName(form[..count]) ? count : -1;
    }

    private static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name.Length > Longest)
        {
            return false;
        }

        var label = 0;
        foreach (var c in name)
        {
            label = c == '.' ? 0 : label + 1;
            if (c == '.' ? label != 0 : !(char.IsAsciiLetterOrDigit(c) || c is '-' or '_') || label > 63)
            {
                return false;
            }
        }

        return name[0] != '.' && name[^1] != '.' && !name.Contains("..", StringComparison.Ordinal);
    }
}
