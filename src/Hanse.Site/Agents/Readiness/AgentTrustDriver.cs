using System.Collections.Concurrent;
using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Enrollment.Api;
using Hanse.Site.Uplink.Api;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Site.Agents.Readiness;

/// <summary>
/// Brings this site's agents to what the site trusts (T4), a few at a time: (1) hosts that the list bans are marked and stay out; (2) each connected agent
/// that has not confirmed the roots in force is told them, and its answer is its confirmation; (3) while a rotation runs each one whose certificate comes
/// from another root than the site's is asked to renew it. An agent that is away is told when it comes. All of it is computed from the tables, so a crash
/// repeats and loses nothing.
/// </summary>
internal sealed partial class AgentTrustDriver(
    ISiteIdentity identity, AgentTrustStore store, HostStore hosts, IAgentChannel agents, TrustReportDriver reports, TimeProvider time, ILogger<AgentTrustDriver> logger)
{
    private const int AtOnce = 16;
    private const int BatchSize = 500;

    // Thousands that come back together are a few rounds.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan TrustAnswer = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RenewAnswer = TimeSpan.FromSeconds(60);
    private readonly Signal _signal = new();

    // Whoever did not do it is asked again after a while, not at once.
    private readonly ConcurrentDictionary<(HostId Host, Method Method), DateTimeOffset> _asked = new();

    public async Task RunAsync(CancellationToken cancellation)
    {
        await identity.JoinedAsync(cancellation);
        identity.KeysChanged += OnKeysChanged;
        agents.CameOnline += OnCameOnline;
        try
        {
            while (true)
            {
                await RoundAsync(cancellation);
                await Task.Delay(Pause, time, cancellation);
                await _signal.WaitAsync(Recheck, time, cancellation);
            }
        }
        finally
        {
            identity.KeysChanged -= OnKeysChanged;
            agents.CameOnline -= OnCameOnline;
        }
    }

    private void OnKeysChanged()
    {
        _asked.Clear();
        _signal.Set();
    }

    private void OnCameOnline(HostId host)
    {
        _asked.TryRemove((host, Method.AgentTrust), out _);
        _signal.Set();
    }

    private async Task RoundAsync(CancellationToken cancellation)
    {
        try
        {
            var trust = identity.Trust.Value;
            await MarkBannedAsync(trust, cancellation);
            var changed = await TellAsync(trust, cancellation);
            changed |= await RenewAsync(trust, cancellation);
            if (changed)
            {
                reports.Changed();
            }
        }
        catch (NpgsqlException away)
        {
            LogDatabase(away.Message);
        }
    }

    // 1
    private async Task MarkBannedAsync(TrustAnchors trust, CancellationToken cancellation)
    {
        if (trust.Revocations.Hosts.Count > 0 && await store.UnmarkedAsync(trust.Revocations.Hosts, cancellation) is { Count: > 0 } fresh)
        {
            await hosts.SetBannedAsync(fresh, "on the federation's list of bans", cancellation);
            LogBanned(fresh.Count);
        }
    }

    // 2
    private async Task<bool> TellAsync(TrustAnchors trust, CancellationToken cancellation)
    {
        var (set, roots) = (trust.ToWire(), trust.RootSetId);
        var lacking = await store.LackingAsync(Due(Method.AgentTrust), roots, cancellation);
        var any = false;
        foreach (var batch in lacking.Chunk(BatchSize))
        {
            var told = await AskAsync(batch, Method.AgentTrust, set, TrustAnswer, cancellation);
            await store.ConfirmAsync(told, roots, cancellation);
            any |= told.Count > 0;
        }

        return any;
    }

    // 3
    private async Task<bool> RenewAsync(TrustAnchors trust, CancellationToken cancellation)
    {
        if (trust.Roots.Length < 2 || trust.RootOf(identity.Intermediate) is not { } root || !ReferenceEquals(root, trust.Roots[0]))
        {
            return false;
        }

        var depending = await store.DependingAsync(Due(Method.AgentRenew), SpkiHash.Of(root).ToBytes(), cancellation);
        // The renewal itself notes the new certificate.
        return (await AskAsync(depending, Method.AgentRenew, new RenewNow(), RenewAnswer, cancellation)).Count > 0;
    }

    private async Task<IReadOnlyCollection<HostId>> AskAsync(
        IReadOnlyCollection<HostId> of, Method method, IMessage request, TimeSpan answerTime, CancellationToken cancellation)
    {
        var done = new ConcurrentBag<HostId>();
        await Parallel.ForEachAsync(of, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (host, stop) =>
        {
            _asked[(host, method)] = time.GetUtcNow();
            if (await agents.RequestAsync<Empty>(host, method, request, answerTime, stop) is not null)
            {
                done.Add(host);
            }
        });
        return done;
    }

    private List<HostId> Due(Method method)
    {
        var now = time.GetUtcNow();
        return [.. agents.Online.Where(h => !_asked.TryGetValue((h, method), out var at) || now - at >= Recheck)];
    }

    [LoggerMessage(1, LogLevel.Warning, "{Count} hosts of this site are on the federation's list of bans; they are kept out")]
    private partial void LogBanned(int count);

    [LoggerMessage(2, LogLevel.Warning, "Agents are not brought to the trust in force: {Why}")]
    private partial void LogDatabase(string why);
}
