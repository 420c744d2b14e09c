using System.Text;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Site.Commands;

/// <summary>Commands as the site's socket shows them: the same names as the coordinator's.</summary>
internal static class CommandViews
{
    public static object Command(CommandRow row, IReadOnlyList<ExecutionView> executions) => new
    {
        id = IdText.Format(row.Id), state = CommandMachine.Derive(executions.Select(e => (ExecutionState)e.State)).ToName(),
        createdAt = row.CreatedAt, deadline = row.DeadlineAt, actor = row.Actor, reason = row.Reason, local = row.Local,
        executions = executions.Select(Execution),
    };

    private static object Execution(ExecutionView view)
    {
        var report = view.Report is null ? null : ExecutionReport.Parser.ParseFrom(view.Report);
        return new
        {
            host = view.Hostname ?? IdText.Format(view.HostId), hostId = IdText.Format(view.HostId),
            state = ((ExecutionState)view.State).ToName(), exitCode = view.ExitCode, reason = view.Reason, detail = view.Detail,
            stdout = Text(report?.Stdout), stderr = Text(report?.Stderr),
            startedAt = view.StartedAt, finishedAt = view.FinishedAt, cancelRequested = view.CancelRequested,
        };
    }

    /// <summary>Head and tail are all of it up to 32 KiB; beyond that a line says what is left out (U4).</summary>
    private static string Text(StreamExcerpt? excerpt)
    {
        if (excerpt is null)
        {
            return "";
        }

        var (head, tail) = (Encoding.UTF8.GetString(excerpt.Head.Span), Encoding.UTF8.GetString(excerpt.Tail.Span));
        var left = (long)excerpt.Length - excerpt.Head.Length - excerpt.Tail.Length;
        return left <= 0 ? head + tail : $"{head}\n… {left} bytes left out …\n{tail}";
    }
}
