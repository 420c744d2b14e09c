using Hanse.Gateway.Routes;

namespace Hanse.Gateway.Relay;

/// <summary>Which address of a route is dialled next. Pure but for the state of the upstreams it reads.</summary>
internal static class UpstreamChooser
{
    /// <summary>The best of those not tried, those that are down last; null when all were tried.</summary>
    /// <param name="tried">By bit.</param>
    /// <param name="client">A number of the client's address.</param>
    internal static Upstream? Choose(Route route, uint client, long now, ref uint tried)
    {
        var best = -1;
        var bestRank = default((bool Down, long Rank));
        for (var i = 0; i < route.Upstreams.Count; i++)
        {
            if ((tried & (1u << i)) == 0)
            {
                var upstream = route.Upstreams[i];
                var rank = (upstream.IsDown(now), route.Spec.Choice == UpstreamChoice.ClientHash ? Mix(upstream.Mark ^ client) : upstream.Live);
                if (best < 0 || rank.CompareTo(bestRank) < 0)
                {
                    (best, bestRank) = (i, rank);
                }
            }
        }

        tried |= best < 0 ? 0 : 1u << best;
        return best < 0 ? null : route.Upstreams[best];
    }

    /// <summary>Highest random weight: each client has an order of its own of all addresses, so that one that goes moves its clients alone.</summary>
    private static long Mix(uint value)
    {
        value = (value ^ (value >> 16)) * 0x7feb352d;
        value = (value ^ (value >> 15)) * 0x846ca68b;
        return value ^ (value >> 16);
    }
}
