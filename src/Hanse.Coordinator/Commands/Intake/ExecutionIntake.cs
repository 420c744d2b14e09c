using Hanse.Audit;
using Hanse.Coordinator.Commands.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Npgsql;

namespace Hanse.Coordinator.Commands.Intake;

/// <summary>See <see cref="IExecutionIntake"/>. For a batch: (1) checks the form; (2) rebuilds commands that are not known here;
/// (3) locks and reads the executions; (4) asks the machine for each record in turn; (5) writes what changed, counts it, audits
/// the outcomes, and wakes who waits.</summary>
internal sealed class ExecutionIntake(ExecutionRebuilder rebuilder, IAuditLog audit, TimeProvider clock) : IExecutionIntake
{
    public async Task<IReadOnlyList<ExecutionIntakeResult>> ApplyAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, SiteId site, IReadOnlyList<ExecutionRecord> records, CancellationToken cancellation)
    {
        // 1
        var results = new ExecutionIntakeResult[records.Count];
        var news = new List<(int Index, ExecutionNews News)>(records.Count);
        for (var i = 0; i < records.Count; i++)
        {
            if (ExecutionNews.Read(site, records[i], out var why) is { } read)
            {
                news.Add((i, read));
            }
            else
            {
                results[i] = Refused(ErrorCodes.RecordInvalid, why);
            }
        }

        // 2, 3
        var commands = news.Select(n => n.News.Key.Command).Distinct().Order().ToArray();
        await TallyStore.LockAsync(connection, transaction, commands, site.Value, cancellation);
        var held = await IntakeStore.ReadAsync(connection, transaction, [.. news.Select(n => n.News.Key)], cancellation);
        var missing = news.Where(n => !held.ContainsKey(n.News.Key)).Select(n => n.News).ToArray();
        var rebuilt = missing.Length == 0 ? Rebuilt.Nothing : await rebuilder.RebuildAsync(connection, transaction, site, missing, cancellation);

        // 4
        var plan = new IntakePlan(site, held, rebuilt);
        foreach (var (index, item) in news)
        {
            results[index] = plan.Take(item);
        }

        // 5
        var now = clock.GetUtcNow();
        await IntakeStore.WriteAsync(connection, transaction, plan.Writes, rebuilt.Hostnames, now, cancellation);
        await TallyStore.ApplyAsync(connection, transaction, plan.Changes, cancellation);
        if (rebuilt.Audit.Count + plan.Audit.Count > 0)
        {
            await audit.AppendAsync(connection, transaction, [.. rebuilt.Audit, .. plan.Audit], cancellation);
        }

        if (plan.Changes.Count > 0)
        {
            await CommandSignals.NotifyAsync(connection, transaction, plan.Changes.Select(c => c.Key.Command), dispatch: false, cancellation);
        }

        return results;
    }

    private static ExecutionIntakeResult Refused(string code, string message) => new(Changed: false, new(code, message));
}
