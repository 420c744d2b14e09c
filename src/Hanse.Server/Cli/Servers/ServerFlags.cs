using System.CommandLine;
using Hanse.Server.Configuration;

namespace Hanse.Server.Cli.Servers;

/// <summary>The flags of the verbs that read hanse.yaml. A flag wins over a variable, a variable over the file.</summary>
internal sealed class ServerFlags
{
    public Option<string?> Config { get; } = new("--config", "-c")
    {
        Description = "Configuration file. Default: $HANSE_CONFIG, else /etc/hanse/hanse.yaml when it exists.", HelpName = "FILE",
    };

    public Option<string?> DataDir { get; } = new("--data-dir") { Description = "Sets dataDir.", HelpName = "DIR" };

    public Option<string?> Listen { get; } = new("--listen") { Description = "Sets listen, such as 127.0.0.1:7443.", HelpName = "IP:PORT" };

    public Option<string[]> Set { get; } = new("--set")
    {
        Description = "Sets any key, such as --set log.level=debug. May be repeated.", HelpName = "KEY=VALUE", DefaultValueFactory = _ => [],
    };

    public void AddTo(Command command)
    {
        command.Options.Add(Config);
        command.Options.Add(DataDir);
        command.Options.Add(Listen);
        command.Options.Add(Set);
    }

    public ConfigurationResult Load(ParseResult parsed, CliContext cli, string? file = null) =>
        ConfigurationSource.Load(file ?? parsed.GetValue(Config), cli.Variables, Flags(parsed));

    /// <summary>The options, with warnings told; every problem is printed and ends the verb.</summary>
    public HanseOptions LoadOrFail(ParseResult parsed, CliContext cli)
    {
        var result = Load(parsed, cli);
        foreach (var warning in result.Warnings)
        {
            cli.Error.WriteLine($"hanse: {warning}");
        }

        return result.Options ?? throw new CliException(ExitCodes.Usage, "the configuration is not valid, so nothing was started.\n"
            + string.Join('\n', result.Problems), "`hanse config check` shows the same without starting anything.");
    }

    private IEnumerable<(string Flag, string Path, string Value)> Flags(ParseResult parsed)
    {
        if (parsed.GetValue(DataDir) is { } dataDir)
        {
            yield return ("--data-dir", "dataDir", Path.GetFullPath(dataDir));
        }

        if (parsed.GetValue(Listen) is { } listen)
        {
            yield return ("--listen", "listen", listen);
        }

        foreach (var pair in parsed.GetValue(Set) ?? [])
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            yield return at < 0 ? ($"--set {pair}", pair, "") : ($"--set {pair[..at]}", pair[..at], pair[(at + 1)..]);
        }
    }
}
