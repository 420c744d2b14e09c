using System.Collections.Concurrent;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;
using Hanse.Site.Enrollment.Api;
using Hanse.Site.Uplink.Api;

namespace Hanse.Site.Agents.Readiness;

/// <summary>Tells each agent where it finds this site: when its link has come up, and when the addresses change. What an agent did not take it is told with its
/// next link; until then it goes by what it knew.</summary>
internal sealed class AgentPathsDriver(ISiteIdentity identity, IAgentChannel agents, TimeProvider time)
{
    private const int AtOnce = 16;

    // Thousands that come back together are a few rounds.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(15);
    private readonly ConcurrentDictionary<HostId, bool> _due = new();
    private readonly Signal _signal = new();

    public async Task RunAsync(CancellationToken cancellation)
    {
        await identity.JoinedAsync(cancellation);
        identity.PathsChanged += OnPathsChanged;
        agents.CameOnline += OnCameOnline;
        try
        {
            OnPathsChanged(); // whoever came before this began to listen
            while (true)
            {
                await _signal.WaitAsync(Timeout.InfiniteTimeSpan, time, cancellation);
                await TellAsync(cancellation);
                await Task.Delay(Pause, time, cancellation);
            }
        }
        finally
        {
            identity.PathsChanged -= OnPathsChanged;
            agents.CameOnline -= OnCameOnline;
        }
    }

    private void OnCameOnline(HostId host)
    {
        _due[host] = true;
        _signal.Set();
    }

    private void OnPathsChanged()
    {
        foreach (var host in agents.Online)
        {
            _due[host] = true;
        }

        _signal.Set();
    }

    private async Task TellAsync(CancellationToken cancellation)
    {
        var due = _due.Keys.ToList();
        foreach (var host in due)
        {
            // Before the list is read: a change after that makes the host due again.
            _due.TryRemove(host, out _);
        }

        if (identity.Self is not { } self)
        {
            return; // the site has left
        }

        var paths = new SitePaths();
        // With more gateways than fit the first of them do: a list that is too long would be refused, and agents elsewhere would know of none.
        paths.Addresses.AddRange(self.Addresses.Take(LinkProtocol.MostPaths));
        paths.GatewayAddresses.AddRange(self.GatewayAddresses.Take(LinkProtocol.MostPaths - paths.Addresses.Count));
        await Parallel.ForEachAsync(
            due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (host, stop) => await agents.RequestAsync<Empty>(host, Method.AgentPaths, paths, AnswerTime, stop));
    }
}
