using System.Globalization;
using System.Text.Json.Nodes;

namespace Hanse.Server.Cli.Output;

/// <summary>Texts of JSON fields for people.</summary>
internal static class Field
{
    /// <summary>The field's text; empty when it is missing or null; a list is joined.</summary>
    public static string Text(this JsonObject item, string name) => Of(item[name]);

    /// <summary>An instant as <c>2030-01-31 12:00:05 UTC</c>.</summary>
    public static string Instant(this JsonObject item, string name) =>
        DateTimeOffset.TryParse(item.Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)
            : "";

    /// <summary>Names come from other machines: what would steer a terminal is shown, not sent.</summary>
    public static string Clean(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? c == '\n' ? " " : "\uFFFD" : c.ToString())) : text;

    private static string Of(JsonNode? node) => node switch
    {
        null => "",
        JsonArray list => string.Join(", ", list.Select(Of)),
        JsonValue value => value.ToString(),
        _ => node.ToJsonString(),
    };
}
