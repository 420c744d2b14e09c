using System.Collections.Concurrent;
using Google.Protobuf;
using Hanse.Link;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Site.Agents.Api;

namespace Hanse.Site.Agents;

/// <summary>The agents' links that are live here, one a host.</summary>
internal sealed class AgentLinks : IAgentChannel
{
    private readonly ConcurrentDictionary<HostId, NodeLink> _links = new();
    private readonly ConcurrentDictionary<HostId, Error> _keptOut = new();

    public event Action<HostId>? CameOnline;

    public IReadOnlyCollection<HostId> Online => [.. _links.Keys];

    public int Count => _links.Count;

    public bool IsOnline(HostId host) => _links.ContainsKey(host);

    public NodeLink? Find(HostId host) => _links.GetValueOrDefault(host);

    /// <summary>One that came up in the same moment, before admission could see it (J5), is closed: of its two holders only one has
    /// been given a secret that is still valid, and the other is found at its next hello.</summary>
    public void Add(HostId host, NodeLink link)
    {
        NodeLink? older = null;
        _links.AddOrUpdate(host, link, (_, held) =>
        {
            older = held;
            return link;
        });
        if (older is not null)
        {
            _ = older.CloseAsync(LinkErrors.Of(ErrorCodes.LinkClosing, "A newer link of this host has come up.")).AsTask();
        }

        if (_keptOut.TryGetValue(host, out var why))
        {
            _ = link.CloseAsync(why).AsTask();
            return;
        }

        CameOnline?.Invoke(host);
    }

    /// <summary>A hello of this host is about to be judged by the tables: what was kept out before is in them.</summary>
    public void Judging(HostId host) => _keptOut.TryRemove(host, out _);

    /// <summary>Ends the host's link, and one that is being admitted at this moment on what the tables said before (T6). Called after the commit: a hello that
    /// is judged later finds it in the tables, one that was judged before finds it here.</summary>
    public async Task KeepOutAsync(HostId host, Error why)
    {
        _keptOut[host] = why;
        if (Find(host) is { } link)
        {
            await link.CloseAsync(why);
        }
    }

    /// <summary>False if a newer link has taken its place.</summary>
    public bool Remove(HostId host, NodeLink link) => _links.TryRemove(new(host, link));

    public async Task<T?> RequestAsync<T>(HostId host, Method method, IMessage request, TimeSpan timeLeft, CancellationToken cancellation)
        where T : class, IMessage<T>, new()
    {
        if (Find(host) is not { } link)
        {
            return null;
        }

        try
        {
            var result = await link.RequestAsync<T>(method, request, timeLeft, cancellation);
            return result.Value;
        }
        catch (LinkException)
        {
            return null; // it left: the caller's tables still hold what was to be sent
        }
    }
}
