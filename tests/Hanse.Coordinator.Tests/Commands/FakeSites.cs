using System.Collections.Concurrent;
using Google.Protobuf;
using Hanse.Coordinator.Sites.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Tests.Commands;

/// <summary>Sites behind links that come, go, and lose answers. What a site took is kept, as its inbox would.</summary>
internal sealed class FakeSites : ISiteChannel
{
    private readonly ConcurrentDictionary<SiteId, bool> _connected = new();

    public event Action<SiteId>? CameOnline;

    public IReadOnlyCollection<SiteId> Connected => [.. _connected.Keys];

    public IReadOnlyCollection<SiteId> Accepting => Connected;

    /// <summary>Every request that reached a site, in order.</summary>
    public ConcurrentQueue<(SiteId Site, IMessage Request)> Taken { get; } = new();

    /// <summary>The next answers to be lost after the site has taken the request.</summary>
    public int AnswersToLose { get; set; }

    /// <summary>Set: sites refuse with this code and take nothing.</summary>
    public string? Refuse { get; set; }

    public IEnumerable<CommandDispatch> Dispatches => Taken.Select(t => t.Request).OfType<CommandDispatch>();

    public IEnumerable<CommandCancel> Cancels => Taken.Select(t => t.Request).OfType<CommandCancel>();

    public void Connect(SiteId site)
    {
        _connected[site] = true;
        CameOnline?.Invoke(site);
    }

    public void Disconnect(SiteId site) => _connected.TryRemove(site, out _);

    public Task<SiteReply<T>> RequestAsync<T>(SiteId site, Method method, IMessage request, TimeSpan timeLeft, CancellationToken cancellation)
        where T : class, IMessage<T>, new() => Task.FromResult(Answer<T>(site, request));

    private SiteReply<T> Answer<T>(SiteId site, IMessage request) where T : class, IMessage<T>, new()
    {
        if (!_connected.ContainsKey(site))
        {
            return new(null, new("site-offline", "The site's link is down."));
        }

        if (Refuse is { } code)
        {
            return new(null, new(code, "The site refuses."));
        }

        Taken.Enqueue((site, request));
        if (AnswersToLose > 0)
        {
            AnswersToLose--;
            return new(null, new("site-timeout", "The answer did not come."));
        }

        return new(new T(), null);
    }
}
