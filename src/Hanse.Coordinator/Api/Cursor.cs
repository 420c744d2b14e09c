using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Hanse.Coordinator.Api;

/// <summary>The opaque text of a page's end: the sort key of its last row. Clients hand it back as it is.</summary>
public static class Cursor
{
    /// <summary>Limit of a page where the caller names none.</summary>
    public const int DefaultLimit = 100;

    /// <summary>No page is longer.</summary>
    public const int MaximumLimit = 1000;

    public static string Encode(params string[] key) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(key));

    /// <summary>False when the text is not a cursor of <paramref name="parts"/> parts: answer <c>cursor-invalid</c>.</summary>
    public static bool TryDecode(string text, int parts, out string[] key)
    {
        key = [];
        if (text.Length > 4096 || !Base64Url.IsValid(text))
        {
            return false;
        }

        try
        {
            key = JsonSerializer.Deserialize<string[]>(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text))) ?? [];
        }
        catch (JsonException)
        {
            return false;
        }

        return key.Length == parts && !key.Contains(null!);
    }

    /// <summary>The page length to use for what the caller asked.</summary>
    public static int Limit(int? asked) => Math.Clamp(asked ?? DefaultLimit, 1, MaximumLimit);
}
