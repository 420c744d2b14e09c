using System.Collections.Concurrent;
using Hanse.Gateway.Native;
using Hanse.Gateway.Relay.Counting;
using Hanse.Gateway.Takeover;

namespace Hanse.Gateway.Relay;

/// <summary>One thread that relays: it waits for events, gives each to the stage its end is in, and sees to deadlines. All workers share the listeners.</summary>
internal sealed unsafe class Worker : IDisposable
{
    private const uint WakeMark = uint.MaxValue;
    private const int Tick = 1000;
    private const int AcceptTurn = 64;

    private readonly WorkerState _state;
    private readonly Closer _closer;
    private readonly Pump _pump;
    private readonly Dialer _dialer;
    private readonly Greeter _greeter;
    private readonly Upkeep _upkeep;
    private readonly Adopter _adopter;
    private readonly ConcurrentQueue<Action> _orders = new();
    private readonly Thread _thread;
    private readonly int _wake;
    private int[] _listeners = [];
    private long _acceptAgain;
    private volatile bool _stopping;

    internal Worker(WorkerState state, AccessLog access)
    {
        _state = state;
        _closer = new Closer(state);
        _pump = new Pump(state, _closer);
        _dialer = new Dialer(state, _closer, _pump);
        _greeter = new Greeter(state, _closer, _dialer, access);
        _upkeep = new Upkeep(state, _closer);
        _adopter = new Adopter(state, _greeter, _pump, _closer);
        _wake = Linux.EventDescriptor(0, Linux.NonBlocking | Linux.CloseOnExec);
        _ = state.Epoll.Control(Linux.ControlAdd, _wake, Linux.EventIn, WakeMark);
        _thread = new Thread(Run) { Name = $"relay-{state.Number}", IsBackground = true };
    }

    internal WorkerCounters Counters => _state.Counters;

    /// <summary>Starts the thread, once.</summary>
    internal void Start()
    {
        if (_thread.ThreadState.HasFlag(ThreadState.Unstarted))
        {
            _thread.Start();
        }
    }

    /// <summary>Has the worker's thread do something between two turns.</summary>
    internal void Post(Action<Upkeep> order)
    {
        _orders.Enqueue(() => order(_upkeep));
        var one = 1UL;
        _ = Linux.Write(_wake, (byte*)&one, sizeof(ulong));
    }

    /// <summary>Accepts from these from now on; none stops accepting.</summary>
    internal void Listen(int[] listeners) => Post(upkeep =>
    {
        foreach (var listener in _listeners.Except(listeners))
        {
            _ = _state.Epoll.Control(Linux.ControlDelete, listener, 0, 0);
        }

        foreach (var listener in listeners.Except(_listeners))
        {
            WatchListener(listener);
        }

        _listeners = listeners;
    });

    /// <summary>Goes on with connections of another process.</summary>
    internal void Adopt(IReadOnlyList<ConnectionRecord> records) => Post(upkeep => _adopter.Adopt(records));

    /// <summary>Ends the thread; connections stay as they are.</summary>
    internal void Stop()
    {
        _stopping = true;
        Post(static _ => { });
        if (_thread.IsAlive) // not where an address could not be had, and nothing was started
        {
            _thread.Join();
        }
    }

    public void Dispose()
    {
        _ = Linux.Close(_wake);
        _state.Dispose();
    }

    private void Run()
    {
        _state.ErrorPlace = Linux.ErrorPlace();
        _state.Now = Environment.TickCount64;
        var nextTick = _state.Now + Tick;
        while (!_stopping)
        {
            var count = _state.Epoll.Wait(_pump.HasReady ? 0 : Patience(nextTick));
            _state.Now = Environment.TickCount64;
            for (var i = 0; i < count; i++)
            {
                Dispatch(_state.Epoll.Flags(i), _state.Epoll.Data(i));
            }

            _pump.RunReady();
            _greeter.Expire();
            ExpireDials();
            if (_state.Now >= nextTick)
            {
                nextTick = _state.Now + Tick;
                _upkeep.Tick();
                AcceptAgain();
            }
        }
    }

    private int Patience(long nextTick) =>
        _state.Dials.Left(_state.Now, _state.Hellos.Left(_state.Now, (int)Math.Clamp(nextTick - _state.Now, 0, Tick)));

    private void Dispatch(uint events, ulong data)
    {
        var mark = (uint)(data >> 32);
        var descriptor = (int)data;
        if (mark == 0)
        {
            Special((uint)data, events);
            return;
        }

        ref var end = ref _state.Ends[descriptor];
        if (!_state.Holds(in end, mark))
        {
            return;
        }

        switch (end.Phase)
        {
            case EndPhase.Relaying:
                Relay(descriptor, ref end, events);
                break;
            case EndPhase.Hello:
                _greeter.Event(descriptor, ref end, events);
                break;
            case EndPhase.Waiting:
                Waiting(descriptor, ref end, events);
                break;
            case EndPhase.Dialing:
                AfterDial(end.Peer, _dialer.Event(descriptor, ref end, events));
                break;
        }
    }

    private void Relay(int descriptor, ref End end, uint events)
    {
        if ((events & Linux.EventError) != 0)
        {
            _closer.Abort(descriptor);
            return;
        }

        if ((events & (Linux.EventReadHangUp | Linux.EventHangUp)) != 0)
        {
            end.Set(EndMarks.HangUp | EndMarks.Readable);
        }

        if ((events & Linux.EventIn) != 0)
        {
            end.Set(EndMarks.Readable);
        }

        var life = end.Life;
        if ((events & Linux.EventOut) != 0 && end.Has(EndMarks.Blocked))
        {
            end.Clear(EndMarks.Blocked);
            _pump.Run(end.Peer);
        }

        if (_state.Holds(in end, life) && end.Has(EndMarks.Readable))
        {
            _pump.Run(descriptor);
        }
    }

    /// <summary>A client whose upstream is being dialled says something, or goes.</summary>
    private void Waiting(int client, ref End end, uint events)
    {
        if ((events & (Linux.EventError | Linux.EventHangUp)) != 0)
        {
            if (end.Peer >= 0)
            {
                _closer.DropDial(end.Peer);
            }

            _closer.Refuse(client, Refusal.ClientLeft, reset: true);
        }
        else if ((events & Linux.EventReadHangUp) != 0)
        {
            end.Set(EndMarks.HangUp);
        }
    }

    private void ExpireDials()
    {
        while (_state.Dials.First is >= 0 and var socket && _state.Dials.Left(_state.Now, int.MaxValue) == 0)
        {
            ref var end = ref _state.Ends[socket];
            AfterDial(end.Peer, _dialer.Next(socket, ref end));
        }
    }

    private void AfterDial(int client, bool goesOn)
    {
        if (!goesOn)
        {
            _greeter.Answer(client, Refusal.NoUpstream);
        }
    }

    private void Special(uint mark, uint events)
    {
        if (mark == WakeMark)
        {
            var value = 0UL;
            _ = Linux.Read(_wake, (byte*)&value, sizeof(ulong));
            while (_orders.TryDequeue(out var order))
            {
                order();
            }

            return;
        }

        Accept((int)mark);
    }

    private void Accept(int listener)
    {
        var address = stackalloc byte[SocketAddress.Size];
        for (var i = 0; i < AcceptTurn; i++)
        {
            var length = (uint)SocketAddress.Size;
            var client = Linux.Accept(listener, address, &length, Linux.NonBlocking | Linux.CloseOnExec);
            if (client < 0)
            {
                if (_state.Error is not (Linux.TryAgain or Linux.Interrupted or Linux.ConnectionAborted or Linux.InvalidArgument))
                {
                    PauseAccepting();
                }

                return;
            }

            if (client >= _state.Ends.Capacity)
            {
                _ = Linux.Close(client);
                continue;
            }

            _greeter.Welcome(client, new ReadOnlySpan<byte>(address, SocketAddress.Size), isNew: true);
        }
    }

    /// <summary>Out of descriptors or memory: what waits in the queue waits a little longer, and the loop does not spin on it.</summary>
    private void PauseAccepting()
    {
        _state.Counters.Refused(Refusal.OverallLimit)++;
        _acceptAgain = _state.Now + 100;
        foreach (var listener in _listeners)
        {
            _ = _state.Epoll.Control(Linux.ControlDelete, listener, 0, 0);
        }
    }

    private void AcceptAgain()
    {
        if (_acceptAgain != 0 && _state.Now >= _acceptAgain)
        {
            _acceptAgain = 0;
            foreach (var listener in _listeners)
            {
                WatchListener(listener);
            }
        }
    }

    // By level and exclusive: one worker wakes for a client, and one that is busy leaves it to another.
    private void WatchListener(int listener) =>
        _ = _state.Epoll.Control(Linux.ControlAdd, listener, Linux.EventIn | Linux.EventExclusive, (uint)listener);
}
