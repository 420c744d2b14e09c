using Hanse.Gateway.Native;
using Hanse.Gateway.Relay.Counting;

namespace Hanse.Gateway.Relay;

/// <summary>Ends connections and takes them out of every count they are in. The one place where a descriptor of the relay is closed.</summary>
internal sealed unsafe class Closer(WorkerState state)
{
    /// <summary>Ends a client that has no upstream, without another answer than the connection's end.</summary>
    internal void Refuse(int client, Refusal cause, bool reset)
    {
        state.Counters.Refused(cause)++;
        ref var end = ref state.Ends[client];
        if (end.Phase == EndPhase.Hello)
        {
            state.LeaveHello(client, ref end);
        }
        else
        {
            ref var route = ref state.Counters.Route(end.Route);
            route.Dialing--;
            route.Refused++;
            state.Limits.LeaveRoute(end.Route);
        }

        state.Limits.Leave(end.Source);
        CloseEnd(client, reset);
    }

    /// <summary>Ends an upstream that was being dialled; its client goes on.</summary>
    internal void DropDial(int upstream)
    {
        state.Dials.Leave(upstream);
        ForgetUpstream(state.Ends[upstream].Upstream);
        CloseEnd(upstream, reset: false);
    }

    /// <summary>Ends a relayed connection, both sides: in order, or by a reset where one side was reset.</summary>
    internal void Close(int descriptor, bool reset)
    {
        ref var end = ref state.Ends[descriptor];
        var peer = end.Peer;
        var client = end.Has(EndMarks.Client) ? descriptor : peer;
        state.Counters.Route(end.Route).Live--;
        state.Limits.LeaveRoute(end.Route);
        state.Limits.Leave(state.Ends[client].Source);
        ForgetUpstream(end.Upstream);
        CloseEnd(descriptor, reset);
        CloseEnd(peer, reset);
    }

    /// <summary>The network or a peer broke it: so the other side learns, and nobody takes half for all.</summary>
    internal void Abort(int descriptor)
    {
        ref var end = ref state.Ends[descriptor];
        ref var route = ref state.Counters.Route(end.Route);
        _ = end.Has(EndMarks.Client) ? route.ResetsByClient++ : route.ResetsByUpstream++;
        Close(descriptor, reset: true);
    }

    private void ForgetUpstream(int slot)
    {
        if (slot >= 0)
        {
            state.Book.UpstreamAt(slot)?.Closed();
        }
    }

    private void CloseEnd(int descriptor, bool reset)
    {
        ref var end = ref state.Ends[descriptor];
        if (end.Held > 0)
        {
            state.Pipes.Close(end.Pipe);
            end.Held = 0;
        }

        if (reset)
        {
            var linger = 1UL; // on, zero seconds
            _ = Linux.SetOption(descriptor, Linux.LevelSocket, Linux.Linger, &linger, sizeof(ulong));
        }

        state.Ends.Release(descriptor);
        _ = Linux.Close(descriptor);
    }
}
