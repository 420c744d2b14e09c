using Hanse.Gateway.Hello;
using Hanse.Gateway.Native;
using Hanse.Gateway.Relay.Counting;
using Hanse.Gateway.Routes;

namespace Hanse.Gateway.Relay;

/// <summary>The first stage of a client: its ClientHello is looked at in the kernel's buffer until it is whole, and gives the route.</summary>
/// <remarks>An incomplete hello stays in the kernel, and the low-water mark keeps the worker asleep until what is missing may be there: a slow client
/// costs its place in the table and no work.</remarks>
internal sealed unsafe class Greeter(WorkerState state, Closer closer, Dialer dialer, AccessLog access)
{
    /// <summary>Clients without a hello: beyond these, or when there is no room at all, the oldest goes for a new one. So a flood of silent ones hurts only the silent.</summary>
    private readonly int _most = Math.Max(64, state.Ends.Capacity / 4 / state.Options.Workers);

    /// <summary>A client that was just accepted, with its address.</summary>
    /// <param name="isNew">False for one that another process accepted: it does not count among the newcomers of its source, and its low-water mark may be
    /// what that process waited for.</param>
    internal void Welcome(int client, ReadOnlySpan<byte> address, bool isNew)
    {
        state.Counters.Accepted++;
        ref var end = ref state.Begin(client, EndPhase.Hello, isNew ? EndMarks.Client : EndMarks.Client | EndMarks.LowWater);
        var allowed = state.Limits.Enter(address, out end.Source, out var refusal);
        state.Counters.Greeting++;
        state.Hellos.Enter(client, state.Now);
        if (isNew && !state.Limits.Arrive(end.Source, state.Now))
        {
            closer.Refuse(client, Refusal.SourceRate, reset: true);
            return;
        }

        var crowded = !allowed && refusal == Refusal.OverallLimit;
        if (!allowed && !(crowded && state.Hellos.Count > 1))
        {
            closer.Refuse(client, refusal, reset: true);
            return;
        }

        if (crowded || state.Hellos.Count > _most)
        {
            closer.Refuse(state.Hellos.First, Refusal.TooSlow, reset: true);
        }

        Look(client, ref end);
    }

    /// <summary>There may be more of the hello, or its end.</summary>
    internal void Event(int client, ref End end, uint events)
    {
        if ((events & (Linux.EventError | Linux.EventHangUp)) != 0)
        {
            closer.Refuse(client, Refusal.ClientLeft, reset: true);
            return;
        }

        if ((events & Linux.EventReadHangUp) != 0)
        {
            end.Set(EndMarks.HangUp);
        }

        Look(client, ref end);
    }

    /// <summary>Ends those whose time is over.</summary>
    internal void Expire()
    {
        while (state.Hellos.First is >= 0 and var client && state.Hellos.Left(state.Now, int.MaxValue) == 0)
        {
            closer.Refuse(client, Refusal.TooSlow, reset: true);
        }
    }

    private void Look(int client, ref End end)
    {
        var count = (int)Linux.Receive(client, state.Buffer, WorkerState.BufferSize, Linux.Peek | Linux.DontWait);
        if (count <= 0)
        {
            if (count < 0 && state.Error == Linux.TryAgain)
            {
                Await(client, ref end);
            }
            else
            {
                closer.Refuse(client, Refusal.ClientLeft, reset: false);
            }

            return;
        }

        var hello = ClientHello.Read(new ReadOnlySpan<byte>(state.Buffer, count), new Span<byte>(state.Scratch, ClientHello.Longest));
        switch (hello.Verdict)
        {
            case HelloVerdict.Complete:
                Route(client, ref end, hello.Name, count);
                break;
            case HelloVerdict.Incomplete when end.Has(EndMarks.HangUp):
                closer.Refuse(client, Refusal.ClientLeft, reset: false);
                break;
            case HelloVerdict.Incomplete:
                LowWater(client, ref end, hello.Needed);
                Await(client, ref end);
                break;
            default:
                Answer(client, hello.Verdict == HelloVerdict.NotTls ? Refusal.NotTls : hello.Verdict == HelloVerdict.TooLarge ? Refusal.TooLarge : Refusal.Malformed);
                break;
        }
    }

    private void Await(int client, ref End end)
    {
        if (!end.Has(EndMarks.HelloAwaited))
        {
            end.Set(EndMarks.HelloAwaited);
            if (state.Limits.AwaitHello(end.Source))
            {
                closer.Refuse(client, Refusal.SourceHellos, reset: true);
                return;
            }
        }

        if (!end.Has(EndMarks.Watched) && !state.Watch(client, ref end, room: false))
        {
            closer.Refuse(client, Refusal.OverallLimit, reset: true);
        }
    }

    private static void LowWater(int client, ref End end, int needed)
    {
        end.Set(EndMarks.LowWater);
        _ = Linux.SetOption(client, Linux.LevelSocket, Linux.ReceiveLowWater, &needed, sizeof(int));
    }

    private void Route(int client, ref End end, ReadOnlySpan<byte> wireName, int helloBytes)
    {
        if (end.Has(EndMarks.LowWater))
        {
            end.Clear(EndMarks.LowWater);
            LowWater(client, ref end, 1);
            end.Clear(EndMarks.LowWater);
        }

        Span<char> name = stackalloc char[ServerName.Longest + 1];
        var table = state.Book.Current;
        var length = wireName.IsEmpty ? 0 : ServerName.Normalize(wireName, name);
        var route = length > 0 ? table.Find(name[..length]) : length == 0 ? table.Default : null;
        if (route is null)
        {
            Answer(client, wireName.IsEmpty ? Refusal.NoName : Refusal.UnknownName);
            return;
        }

        state.LeaveHello(client, ref end);
        end.Phase = EndPhase.Waiting;
        end.Route = route.Slot;
        state.Counters.Route(route.Slot).Dialing++;
        var allowed = state.Limits.EnterRoute(route);
        if (route.Spec.Reject || !allowed)
        {
            Answer(client, route.Spec.Reject ? Refusal.Rejected : Refusal.RouteLimit);
            return;
        }

        access.Routed(client, name[..Math.Max(length, 0)], route);
        if (!dialer.Dial(client, ref end, route, helloBytes))
        {
            Answer(client, Refusal.NoUpstream);
        }
    }

    /// <summary>Refuses a client: with an alert where it can read one, by a reset otherwise.</summary>
    internal void Answer(int client, Refusal cause)
    {
        var alert = TlsAlert.Of(cause);
        if (!alert.IsEmpty)
        {
            // What was not read at a close makes the kernel reset the connection, and the alert would be lost.
            while (Linux.Receive(client, null, WorkerState.BufferSize, Linux.DontWait | Linux.Truncate) > 0)
            {
            }

            fixed (byte* bytes = alert)
            {
                _ = Linux.Send(client, bytes, alert.Length, Linux.DontWait | Linux.NoSignal);
            }
        }

        closer.Refuse(client, cause, reset: alert.IsEmpty);
    }
}
