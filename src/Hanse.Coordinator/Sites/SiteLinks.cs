using System.Collections.Concurrent;
using Google.Protobuf;
using Hanse.Coordinator.Enrollment.Api;
using Hanse.Coordinator.Sites.Api;
using Hanse.Link;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Coordinator.Sites;

/// <summary>The site links that this replica holds. A newer link of a site takes the place of an older one, as its fence does.</summary>
internal sealed class SiteLinks(IFederation federation) : ISiteChannel
{
    private readonly ConcurrentDictionary<SiteId, NodeLink> _links = new();
    private readonly ConcurrentDictionary<SiteId, bool> _suspended = new();

    public event Action<SiteId>? CameOnline;

    public IReadOnlyCollection<SiteId> Connected => [.. _links.Keys];

    /// <summary>While the coordinator recovers nobody is given work (U5).</summary>
    public IReadOnlyCollection<SiteId> Accepting => federation.IsRecovering ? [] : [.. _links.Keys.Where(s => !_suspended.ContainsKey(s))];

    public void Add(SiteId site, NodeLink link)
    {
        NodeLink? older = null;
        _links.AddOrUpdate(site, link, (_, held) =>
        {
            older = held;
            return link;
        });
        if (older is not null)
        {
            _ = older.CloseAsync(LinkErrors.Of(ErrorCodes.LinkClosing, "A newer link of this site has come up.")).AsTask();
        }

        CameOnline?.Invoke(site);
    }

    /// <summary>False if a newer link has taken its place.</summary>
    public bool Remove(SiteId site, NodeLink link) => _links.TryRemove(new(site, link));

    /// <summary>Nothing but desired state goes to a suspended site; its outbox may be looked at. Its link stays.</summary>
    public void SetSuspended(SiteId site, bool suspended)
    {
        if (suspended)
        {
            _suspended[site] = true;
        }
        else if (_suspended.TryRemove(site, out _) && IsConnected(site))
        {
            CameOnline?.Invoke(site);
        }
    }

    public async Task CutAsync(SiteId site, Error why)
    {
        if (_links.TryGetValue(site, out var link))
        {
            await link.CloseAsync(why);
        }
    }

    public bool IsConnected(SiteId site) => _links.ContainsKey(site);

    /// <summary>online, degraded (heartbeats are missing) or offline, as the architecture names them.</summary>
    public string Health(SiteId site) => !_links.TryGetValue(site, out var link) ? "offline"
        : link.SilentFor > link.Heartbeat * 1.5 ? "degraded" : "online";

    public async Task<SiteReply<T>> RequestAsync<T>(
        SiteId site, Method method, IMessage request, TimeSpan timeLeft, CancellationToken cancellation)
        where T : class, IMessage<T>, new()
    {
        if (!_links.TryGetValue(site, out var link))
        {
            return Offline<T>("The site is not connected.");
        }

        if (_suspended.ContainsKey(site) && method is not (Method.DesiredState or Method.OutboxList or Method.OutboxShow))
        {
            return new(null, new(ErrorCodes.SiteSuspended, "The site is suspended; `hanse site resume` ends that."));
        }

        try
        {
            var result = await link.RequestAsync<T>(method, request, timeLeft, cancellation);
            if (result.Succeeded)
            {
                return new(result.Value, null);
            }

            return new(null, result.Error.Code == ErrorCodes.DeadlinePassed
                ? new(ErrorCodes.SiteTimeout, "The site did not answer in time.")
                : new(result.Error.Code, result.Error.Message));
        }
        catch (LinkException broken)
        {
            return Offline<T>($"The link to the site ended: {broken.Message}");
        }
    }

    private static SiteReply<T> Offline<T>(string message) where T : class, IMessage<T>, new() => new(null, new(ErrorCodes.SiteOffline, message));
}
