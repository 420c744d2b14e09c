using System.Runtime.InteropServices;
using Hanse.Gateway.Routes;

namespace Hanse.Gateway.Relay.Counting;

/// <summary>Counters of one worker: by route, and by cause of refusal. Memory outside of the collected heap, touched only where a route is in use.</summary>
internal sealed unsafe class WorkerCounters : IDisposable
{
    private static readonly int Causes = Enum.GetValues<Refusal>().Length;
    private readonly RouteCounters* _routes = (RouteCounters*)NativeMemory.AllocZeroed(RouteBook.MostRoutes, (nuint)sizeof(RouteCounters));
    private readonly long[] _refusals = new long[Causes];

    /// <summary>Connections that were accepted, from the start on.</summary>
    internal long Accepted;

    /// <summary>Clients whose hello is not complete, now.</summary>
    internal long Greeting;

    internal ref RouteCounters Route(int slot) => ref _routes[slot];

    internal ref long Refused(Refusal cause) => ref _refusals[(int)cause];

    public void Dispose() => NativeMemory.Free(_routes);
}
