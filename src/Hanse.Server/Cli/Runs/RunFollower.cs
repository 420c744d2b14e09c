using System.Globalization;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli.Runs;

/// <summary>Waits for a command's end and tells of it meanwhile: one host's output as it comes, several hosts' as each ends.</summary>
internal sealed class RunFollower(ApiClient api, CliContext cli, bool quiet)
{
    private readonly ProgressBar _bar = new(cli, "run");
    private static readonly TimeSpan BetweenAsks = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(2);
    private readonly HashSet<string> _told = [];
    private OutputReader? _live;

    /// <summary>The command as it ended, with every execution.</summary>
    public async Task<JsonObject> FollowAsync(JsonObject issued, CancellationToken cancellation)
    {
        using var bar = _bar;
        var path = $"/commands/{issued.Text("id")}";
        var command = issued;
        var first = true;
        while (first || !EndedStates.Has(command.Text("state")))
        {
            // A single host is asked often, for its output; several wait at the server for news.
            var wait = quiet || !IsAlone(command) ? "30s" : "1s";
            command = await AskAsync(first ? path : $"{path}?wait={wait}&since={Uri.EscapeDataString(command.Text("version"))}", cancellation);
            first = false;
            await TellAsync(path, command, cancellation);
            if (!EndedStates.Has(command.Text("state")))
            {
                await Task.Delay(BetweenAsks, cli.Clock, cancellation);
            }
        }

        if (command["executionsNext"] is not null)
        {
            command["executions"] = await api.ListAsync($"{path}/executions", null, cancellation);
            command.Remove("executionsNext");
        }

        await TellAsync(path, command, cancellation);
        return command;
    }

    internal static string Outcome(JsonObject execution)
    {
        var parts = new[]
        {
            execution.Text("exitCode") is { Length: > 0 } code ? $"exit {code}" : "",
            execution.Text("reason"),
            execution.Text("detail"),
        }.Where(part => part.Length > 0);
        var why = string.Join(", ", parts);
        return Field.Clean(why.Length > 0 ? $"{execution.Text("state")} ({why})" : execution.Text("state"));
    }

    private static bool IsAlone(JsonObject command) =>
        command["executionsNext"] is null && command["executions"] is JsonArray { Count: 1 };

    // A server that restarts meanwhile is waited for: the command is safe there.
    private async Task<JsonObject> AskAsync(string path, CancellationToken cancellation)
    {
        var began = cli.Clock.GetTimestamp();
        while (true)
        {
            try
            {
                return await api.GetAsync(path, cancellation);
            }
            catch (CliException lost) when (lost is { ExitCode: ExitCodes.Unreachable, Code: null } && cli.Clock.GetElapsedTime(began) < LongestSilence)
            {
                await Task.Delay(BetweenAsks * 4, cli.Clock, cancellation);
            }
        }
    }

    private async Task TellAsync(string path, JsonObject command, CancellationToken cancellation)
    {
        if (quiet)
        {
            return;
        }

        var alone = IsAlone(command);
        if (!alone)
        {
            ShowProgress(command);
        }

        foreach (var execution in command["executions"]?.AsArray().OfType<JsonObject>() ?? [])
        {
            if (alone)
            {
                await TellAloneAsync(path, execution, cancellation);
            }
            else if (EndedStates.Has(execution.Text("state")) && _told.Add(execution.Text("hostId")))
            {
                _bar.Hide();
                await TellEndedAsync(execution, command);
            }
        }
    }

    private void ShowProgress(JsonObject command)
    {
        var counts = (command["counts"] as JsonObject ?? []).Select(c => (State: c.Key, Count: (long?)c.Value ?? 0)).ToList();
        var ended = counts.Where(c => EndedStates.Has(c.State)).ToList();
        _bar.Show(
            ended.Sum(c => c.Count), (long?)command["hostCount"], "hosts",
            string.Join(", ", ended.Where(c => c.State != "succeeded" && c.Count > 0).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Count} {c.State}"))));
    }

    private async Task TellAloneAsync(string path, JsonObject execution, CancellationToken cancellation)
    {
        var state = execution.Text("state");
        if (state is not ("queued" or "delivered" or "rejected" or "expired"))
        {
            _live ??= new(api, cli, $"{path}/executions/{Uri.EscapeDataString(execution.Text("hostId"))}/output");
            await _live.CopyAsync(cancellation);
        }

        if (!EndedStates.Has(state) || !_told.Add(execution.Text("hostId")))
        {
            return;
        }

        if (_live is not null)
        {
            await _live.FinishAsync(execution, cancellation);
        }

        if (state != "succeeded")
        {
            await cli.Error.WriteLineAsync($"{Field.Clean(execution.Text("host"))}: {Outcome(execution)}");
        }
    }

    private async Task TellEndedAsync(JsonObject execution, JsonObject command)
    {
        var total = command.Text("hostCount") is { Length: > 0 } count
            ? count
            : command["executions"]!.AsArray().Count.ToString(CultureInfo.InvariantCulture);
        await cli.Out.WriteLineAsync($"── {Field.Clean(execution.Text("host"))}: {Outcome(execution)} ({_told.Count}/{total})");
        await BlockAsync(cli.Out, execution.Text("stdout"));
        await BlockAsync(cli.Error, execution.Text("stderr"));
    }

    private static Task BlockAsync(TextWriter writer, string text) => text.Length == 0
        ? Task.CompletedTask
        : writer.WriteAsync(text.EndsWith('\n') ? text : text + "\n");
}
