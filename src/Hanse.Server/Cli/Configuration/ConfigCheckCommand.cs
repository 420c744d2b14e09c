using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Output;
using Hanse.Server.Cli.Servers;
using Hanse.Server.Configuration;

namespace Hanse.Server.Cli.Configuration;

internal static class ConfigCheckCommand
{
    public static Command Build(CliContext cli)
    {
        var flags = new ServerFlags();
        var file = new Argument<string?>("FILE") { Description = "Configuration file. Default: as for a server.", Arity = ArgumentArity.ZeroOrOne };
        var command = new CliCommand("check",
            "Checks a configuration as a server would read it, and shows every value in force with where it comes from. Starts nothing.",
            "hanse config check /etc/hanse/hanse.yaml", "HANSE_LOG_LEVEL=debug hanse config check -o json") { file };
        flags.AddTo(command);
        command.SetAction(parsed =>
        {
            var result = flags.Load(parsed, cli, parsed.GetValue(file));
            foreach (var line in result.Warnings.Concat(result.Problems.Select(p => p.ToString())))
            {
                cli.Error.WriteLine(line);
            }

            if (result.Options is not { } options)
            {
                return ExitCodes.Failed;
            }

            var rows = new JsonArray([.. ConfigurationKeys.All.Select(key => (JsonNode)new JsonObject
            {
                ["key"] = key.Path, ["value"] = key.Show(options), ["source"] = result.Sources.GetValueOrDefault(key.Path, "default"),
            })]);
            if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
            {
                CliOutput.Json(cli, rows);
            }
            else
            {
                CliOutput.Table(cli, rows, ("key", r => r.Text("key")), ("value", r => r.Text("value")), ("from", r => r.Text("source")));
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}
