using Hanse.Agent.Commands;
using Hanse.Link;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Link;

/// <summary>Tells the site on one link where each execution stands, until it holds the outcome (invariant 4): every state once a link, an outcome
/// again after a pause until it is acknowledged.</summary>
internal sealed class ReportDriver(IExecutor executor, NodeIdentity identity, AgentSessionOptions options)
{
    private readonly Dictionary<CommandId, ExecutionState> _told = [];

    internal async Task RunAsync(NodeLink link, CancellationToken cancellation)
    {
        while (true)
        {
            var seen = executor.News.Version;
            var complete = await TellAllAsync(link, cancellation);
            var news = executor.News.WaitAsync(seen, cancellation);
            await (complete ? news : Task.WhenAny(news, Task.Delay(options.RetryPause, options.Time, cancellation)));
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private async Task<bool> TellAllAsync(NodeLink link, CancellationToken cancellation)
    {
        var complete = true;
        var pending = executor.Pending();
        foreach (var gone in _told.Keys.Except(pending.Select(p => p.Command)).ToList())
        {
            _told.Remove(gone);
        }

        // What waits for its turn is no state of the machine that an agent tells.
        foreach (var (command, state) in pending.Where(p => p.State != ExecutionState.Delivered))
        {
            if ((_told.GetValueOrDefault(command) != state || state.IsOutcome()) && executor.Report(command) is { } report)
            {
                complete &= await TellAsync(link, command, report, cancellation);
            }
        }

        return complete;
    }

    private async Task<bool> TellAsync(NodeLink link, CommandId command, ExecutionReport report, CancellationToken cancellation)
    {
        report.HostId = identity.Host!.Value.ToWire();
        var result = await link.RequestAsync<ExecutionReceipt>(Method.ExecutionReport, report, options.AnswerTime, cancellation);
        if (!result.Succeeded)
        {
            options.Log.Warning("report-refused", result.Error.Message, ("command", command.ToString()), ("code", result.Error.Code));
            return false;
        }

        _told[command] = report.State;
        executor.Acknowledge(command, report.State);
        return true;
    }
}
