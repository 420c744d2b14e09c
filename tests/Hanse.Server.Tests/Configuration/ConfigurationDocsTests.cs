using System.Text;
using Hanse.Server.Configuration;
using Hanse.TestKit;

namespace Hanse.Server.Tests.Configuration;

/// <summary>docs/configuration.md and the options say the same. Run with HANSE_UPDATE=1 to write the table anew.</summary>
public sealed class ConfigurationDocsTests
{
    private const string Begin = "<!-- keys: written by ConfigurationDocsTests -->\n";
    private const string End = "<!-- end of keys -->";

    [Fact]
    public void The_document_has_exactly_the_keys()
    {
        var path = Path.Combine(Checkout.Root, "docs", "configuration.md");
        var text = File.ReadAllText(path);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        if (Environment.GetEnvironmentVariable("HANSE_UPDATE") == "1")
        {
            File.WriteAllText(path, text[..from] + Table() + text[to..]);
            return;
        }

        Assert.Equal(Table(), text[from..to]);
    }

    [Fact]
    public void Documented_defaults_are_the_options_own()
    {
        var defaults = new HanseOptions();
        foreach (var key in ConfigurationKeys.All.Where(k => k.Path != "dataDir"))
        {
            Assert.Equal(key.Default, key.Show(defaults));
        }
    }

    [Fact]
    public void A_documented_default_can_be_written_as_a_value()
    {
        foreach (var key in ConfigurationKeys.All.Where(k => !k.IsList && k.Default != "none" && !k.Default.Contains(' ')))
        {
            Assert.Empty(ConfigurationReader.Read(null, new Dictionary<string, string> { [key.Variable] = key.Default }, []).Problems);
        }
    }

    private static string Table()
    {
        var table = new StringBuilder("\n| key | variable | default | meaning |\n|---|---|---|---|\n");
        foreach (var key in ConfigurationKeys.All)
        {
            table.Append(System.Globalization.CultureInfo.InvariantCulture,
                $"| `{key.Path}` | `{key.Variable}` | {(key.Default.Contains(' ') ? key.Default : $"`{key.Default}`")} | {key.Meaning} |\n");
        }

        return table.Append('\n').ToString();
    }
}
