using System.Text;
using System.Text.Json.Serialization;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Protocol.Text;

namespace Hanse.Site.Commands;

/// <summary>Commands as the site's socket shows them: the same names and texts as the coordinator's.</summary>
internal static class CommandViews
{
    /// <param name="row">The command.</param>
    /// <param name="executions">All of it.</param>
    /// <param name="whole">False in lists, which leave the executions out.</param>
    public static CommandSummary Command(CommandRow row, IReadOnlyList<ExecutionView> executions, bool whole)
    {
        var counts = executions.CountBy(e => (ExecutionState)e.State).OrderBy(c => c.Key).ToDictionary(c => c.Key.ToName(), c => (long)c.Value);
        return new()
        {
            Id = IdText.Format(row.Id), State = CommandMachine.Derive(executions.Select(e => (ExecutionState)e.State)).ToName(),
            CreatedAt = row.CreatedAt, Deadline = row.DeadlineAt, Actor = row.Actor, Reason = row.Reason, Local = row.Local,
            Script = Script(ScriptView.Of(Protocol.Messages.Script.Parser.ParseFrom(row.Script))), HostCount = executions.Count, Counts = counts,
            CancelRequested = executions.Any(e => e.CancelRequested),
            Version = string.Join('.', counts.Select(c => $"{c.Key}-{c.Value}")) + (executions.Any(e => e.CancelRequested) ? ".cancel" : ""),
            Executions = whole ? [.. executions.Select(Execution)] : null,
        };
    }

    private static object Script(ScriptView script) => new
    {
        interpreter = script.Interpreter, body = script.Body, arguments = script.Arguments, environment = script.Environment,
        timeout = DurationText.Format(script.EffectiveTimeout), outputLimit = script.OutputLimit, runAs = script.RunAs,
    };

    private static object Execution(ExecutionView view)
    {
        var report = view.Report is null ? null : ExecutionReport.Parser.ParseFrom(view.Report);
        return new
        {
            host = view.Hostname ?? IdText.Format(view.HostId), hostId = IdText.Format(view.HostId),
            state = ((ExecutionState)view.State).ToName(), exitCode = view.ExitCode, reason = view.Reason, detail = view.Detail,
            stdout = Text(report?.Stdout), stderr = Text(report?.Stderr), stdoutLength = (long?)report?.Stdout?.Length,
            stderrLength = (long?)report?.Stderr?.Length, outputTruncated = report?.Stdout?.Truncated == true || report?.Stderr?.Truncated == true,
            startedAt = view.StartedAt, finishedAt = view.FinishedAt, cancelRequested = view.CancelRequested,
        };
    }

    /// <summary>Head and tail are all of it up to 32 KiB; beyond that a line says what is left out (U4).</summary>
    private static string? Text(StreamExcerpt? excerpt)
    {
        if (excerpt is null)
        {
            return null;
        }

        var left = (long)excerpt.Length - excerpt.Head.Length - excerpt.Tail.Length;
        return left <= 0
            ? Encoding.UTF8.GetString([.. excerpt.Head.Span, .. excerpt.Tail.Span])
            : $"{excerpt.Head.ToStringUtf8()}\n[… {left} bytes left out …]\n{excerpt.Tail.ToStringUtf8()}";
    }
}

/// <summary>A command as the socket shows it.</summary>
internal sealed record CommandSummary
{
    public required string Id { get; init; }
    public required string State { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset Deadline { get; init; }
    public required string Actor { get; init; }
    public required string Reason { get; init; }
    public required bool Local { get; init; }
    public required object Script { get; init; }
    public required int HostCount { get; init; }
    public required IReadOnlyDictionary<string, long> Counts { get; init; }
    public required bool CancelRequested { get; init; }

    /// <summary>Differs whenever a state does: what <c>?since=</c> takes.</summary>
    public required string Version { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<object>? Executions { get; init; }
}
