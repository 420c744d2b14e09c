using Google.Protobuf;
using Hanse.Audit;
using Hanse.Coordinator.Commands.Api;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Npgsql;

namespace Hanse.Coordinator.Commands.Intake;

/// <summary>Makes room for executions that only a site knows of (U4): those of commands given at a site (J6), and those that a
/// restored database has lost (U5). A site speaks only for hosts that are not another's, and adds nothing to a command that was
/// given here or at another site.</summary>
internal sealed class ExecutionRebuilder(IHostLookup hosts, CommandOptions options, TimeProvider clock)
{
    /// <summary>Stores the commands that <paramref name="missing"/> needs and says which of them cannot be taken. The executions
    /// themselves are for the caller to write.</summary>
    public async Task<Rebuilt> RebuildAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, SiteId site, IReadOnlyCollection<ExecutionNews> missing,
        CancellationToken cancellation)
    {
        var rebuilt = new Rebuilt();
        var byHost = await FindHostsAsync(missing, cancellation);
        var commands = missing.GroupBy(n => n.Key.Command).OrderBy(g => g.Key).ToArray();
        var known = await CommandStore.FindAsync(connection, transaction, [.. commands.Select(c => c.Key)], cancellation);
        foreach (var command in commands)
        {
            var taken = command.Where(n => Judge(site, n, known.GetValueOrDefault(command.Key), byHost, rebuilt)).DistinctBy(n => n.Key).ToArray();
            if (taken.Length == 0)
            {
                continue;
            }

            var row = Form(site, taken[0]);
            if (!known.ContainsKey(command.Key) && await CommandStore.AddAsync(connection, transaction, row, cancellation))
            {
                rebuilt.Audit.Add(CommandAudit.Rebuilt(row, site, [.. taken.Select(n => new HostId(n.Key.Host))]));
            }

            await CommandStore.GrowAsync(connection, transaction, command.Key, taken.Length, cancellation);
        }

        return rebuilt;
    }

    private static bool Judge(
        SiteId site, ExecutionNews news, CommandRow? known, IReadOnlyDictionary<Guid, HostTarget> byHost, Rebuilt rebuilt)
    {
        var host = byHost.GetValueOrDefault(news.Key.Host);
        ExecutionRefusal? refusal =
            known is null && news.Origin is null
            ? new(ErrorCodes.CommandNotFound, "The coordinator does not know this command, and the record does not tell enough to rebuild it.")
            : known is not null && (known.ToldBy is null || (known.Local && known.ToldBy != site.Value))
            ? new(ErrorCodes.ExecutionNotFound, "The command was not given to this host at this site.")
            : host is not null && host.Site != site
            ? new(ErrorCodes.HostOwnedElsewhere, "The host belongs to another site.")
            : null;
        if (refusal is not null)
        {
            rebuilt.Refusals[news.Key] = refusal;
            return false;
        }

        rebuilt.Hostnames[news.Key] = host?.Hostname ?? new HostId(news.Key.Host).ToString();
        return true;
    }

    private CommandRow Form(SiteId site, ExecutionNews news)
    {
        var origin = news.Origin ?? new();
        var script = origin.Script ?? new();
        var now = clock.GetUtcNow();
        var deadline = CommandTimes.Read(origin.DeadlineUnixMs) ?? now;
        return new()
        {
            Id = news.Key.Command,
            CreatedAt = CommandTimes.Read(origin.CreatedUnixMs) ?? now,
            Deadline = deadline,
            GiveUpAt = CommandTimes.GiveUp(deadline, script, options),
            Actor = origin.Actor.Replace('\0', '\uFFFD'),
            Reason = origin.Reason.Replace('\0', '\uFFFD'),
            Script = script.ToByteArray(),
            ToldBy = site.Value,
            Local = origin.Local,
        };
    }

    private async Task<IReadOnlyDictionary<Guid, HostTarget>> FindHostsAsync(IReadOnlyCollection<ExecutionNews> missing, CancellationToken cancellation)
    {
        var ids = missing.Select(n => new HostId(n.Key.Host).ToString()).Distinct().ToArray();
        return (await hosts.ResolveAsync(ids, cancellation)).Where(m => m.Single is not null).Select(m => m.Single!)
            .DistinctBy(t => t.Id).ToDictionary(t => t.Id.Value);
    }
}

/// <summary>What rebuilding came to.</summary>
internal sealed class Rebuilt
{
    public static Rebuilt Nothing { get; } = new();

    /// <summary>Names of the hosts whose executions are new.</summary>
    public Dictionary<ExecutionKey, string> Hostnames { get; } = [];

    /// <summary>What cannot be taken, and why.</summary>
    public Dictionary<ExecutionKey, ExecutionRefusal> Refusals { get; } = [];

    /// <summary>One entry for each command rebuilt.</summary>
    public List<AuditEvent> Audit { get; } = [];
}
