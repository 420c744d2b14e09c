using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Hanse.Server.Cli.Output;

/// <summary>Answers as tables for people and as JSON for programs.</summary>
internal static class CliOutput
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Json(CliContext cli, JsonNode? node) => cli.Out.WriteLine(node?.ToJsonString(Indented) ?? "null");

    /// <summary>A list as it was asked for: one array, or a table.</summary>
    public static void List(ParseResult parsed, CliContext cli, JsonArray items, params (string Heading, Func<JsonObject, string> Text)[] columns)
    {
        if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
        {
            Json(cli, items);
        }
        else
        {
            Table(cli, items, columns);
        }
    }

    /// <summary>What became of one thing.</summary>
    public static int Outcome(ParseResult parsed, CliContext cli, string kind, string name, string outcome)
    {
        if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
        {
            Json(cli, new JsonObject { [kind] = name, ["outcome"] = outcome });
        }
        else
        {
            cli.Out.WriteLine($"{Field.Clean(name)} {outcome}.");
        }

        return ExitCodes.Ok;
    }

    /// <summary>One row an item; a column takes its text from the item.</summary>
    public static void Table(CliContext cli, JsonArray items, params (string Heading, Func<JsonObject, string> Text)[] columns)
    {
        var table = new Table().Border(TableBorder.None);
        foreach (var (heading, _) in columns)
        {
            table.AddColumn(new TableColumn(new Text(heading.ToUpperInvariant(), new Style(decoration: Decoration.Bold))).NoWrap().PadRight(2));
        }

        foreach (var item in items.OfType<JsonObject>())
        {
            table.AddRow(columns.Select(c => (Spectre.Console.Rendering.IRenderable)new Text(Field.Clean(c.Text(item)))));
        }

        Console(cli).Write(table);
    }

    /// <summary>One thing, a line a field.</summary>
    public static void Fields(CliContext cli, params (string Name, string Text)[] fields)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn();
        foreach (var (name, text) in fields.Where(f => f.Text.Length > 0))
        {
            grid.AddRow(new Text(name, new Style(decoration: Decoration.Bold)), new Text(Field.Clean(text)));
        }

        Console(cli).Write(grid);
    }

    /// <summary>A console on the context's output. What is piped is neither coloured nor cut to a width.</summary>
    private static IAnsiConsole Console(CliContext cli)
    {
        var terminal = cli.IsInteractive && !System.Console.IsOutputRedirected && ReferenceEquals(cli.Out, System.Console.Out);
        var console = AnsiConsole.Create(new()
        {
            Out = new AnsiConsoleOutput(cli.Out),
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = terminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        if (!terminal)
        {
            console.Profile.Width = 4000;
        }

        return console;
    }
}
