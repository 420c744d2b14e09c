using Hanse.Agent.Commands;
using Hanse.Link;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Link;

/// <summary>Sends output on one link from the offset the site acknowledged (D5), one report in flight.</summary>
internal sealed class OutputDriver(IExecutor executor, AgentSessionOptions options)
{
    internal async Task RunAsync(NodeLink link, CancellationToken cancellation)
    {
        while (true)
        {
            var seen = executor.OutputNews.Version;
            var chunks = executor.NextOutput(options.ReportBytes);
            if (chunks.Count == 0)
            {
                await executor.OutputNews.WaitAsync(seen, cancellation);
                continue;
            }

            var progressed = await SendAsync(link, chunks, cancellation);
            var full = chunks.Sum(c => c.Data.Length) >= options.ReportBytes / 2;
            if (!progressed || !full)
            {
                await Task.Delay(progressed ? options.OutputPause : options.RetryPause, options.Time, cancellation);
            }
        }
    }

    private async Task<bool> SendAsync(NodeLink link, IReadOnlyList<OutputChunk> chunks, CancellationToken cancellation)
    {
        var report = new OutputReport();
        report.Chunks.AddRange(chunks);
        var result = await link.RequestAsync<OutputReceipt>(Method.OutputReport, report, options.AnswerTime, cancellation);
        if (!result.Succeeded)
        {
            options.Log.Warning("output-refused", result.Error.Message, ("code", result.Error.Code));
            return false;
        }

        executor.AcknowledgeOutput(result.Value.Offsets);
        return result.Value.Offsets.Any(o => chunks.Any(c => c.CommandId == o.CommandId && c.Stream == o.Stream && o.Acknowledged > c.Offset));
    }
}
