using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Protocol.Ids;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Runs;

/// <summary><c>hanse run</c>: gives a command to hosts, shows what comes of it, and exits by the outcome.</summary>
internal static class RunCommand
{
    public static Command Build(CliContext cli)
    {
        var flags = new RunFlags();
        var key = new Option<string?>("--idempotency-key")
        {
            Description = "Names this order: given again with the same key, it is not carried out twice. Default: a new one.", HelpName = "KEY",
        };
        var detach = new Option<bool>("--detach", "-d") { Description = "Print the command's id and do not wait." };
        var command = new CliCommand("run",
            "Runs a program or a script on hosts and waits for the outcome. Ctrl-C stops the waiting, not the command.",
            "hanse run --host web-1 -- uname -a",
            "hanse run --host web-1 --host web-2 --timeout 5m --script ./upgrade.sh -- --all",
            "hanse run --host web-1 --env LANG=C --run-as www-data -o json -- id",
            "hanse run --address unix:/var/lib/hanse-north/site.sock --host web-1 -- uptime")
        {
            key, detach,
        };
        flags.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = ApiSession.Open(parsed, cli);
            var body = flags.Body(parsed, cli);
            var issued = await api.PostOnceAsync("/commands", body, parsed.GetValue(key) ?? CommandId.New().ToString(), cancellation);
            var json = parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json;
            return parsed.GetValue(detach) ? Detached(cli, issued, json) : await WaitAsync(api, cli, issued, json, cancellation);
        });
        return command;
    }

    private static async Task<int> WaitAsync(ApiClient api, CliContext cli, JsonObject issued, bool json, CancellationToken cancellation)
    {
        try
        {
            var ended = await new RunFollower(api, cli, quiet: json).FollowAsync(issued, cancellation);
            if (json)
            {
                CliOutput.Json(cli, ended);
            }

            return ended.Text("state") == "completed" ? ExitCodes.Ok : ExitCodes.Failed;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            var id = issued.Text("id");
            await cli.Error.WriteLineAsync($"The command goes on. See it: hanse command show {id}. Stop it: hanse command cancel {id}");
            return ExitCodes.Interrupted;
        }
    }

    private static int Detached(CliContext cli, JsonObject issued, bool json)
    {
        if (json)
        {
            CliOutput.Json(cli, issued);
        }
        else
        {
            cli.Out.WriteLine(issued.Text("id"));
        }

        return ExitCodes.Ok;
    }
}
