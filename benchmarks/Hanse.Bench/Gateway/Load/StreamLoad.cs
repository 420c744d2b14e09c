using System.Diagnostics;
using Hanse.Gateway.Native;

namespace Hanse.Bench.Gateway.Load;

/// <summary>Live numbered streams: each sends the next number when the one before is back, at most once a gap. Tells once a second how many have ended or came back
/// wrong so far, the longest that a number has been under way since it last told, and how many came back in all.</summary>
internal sealed unsafe class StreamLoad(Clients clients, TimeSpan gap)
{
    private static readonly TimeSpan Telling = TimeSpan.FromSeconds(1);
    private const int NumberBytes = sizeof(long);
    private readonly long[] _sent = new long[Clients.MostDescriptors];
    private readonly long[] _number = new long[Clients.MostDescriptors];
    private readonly int[] _got = new int[Clients.MostDescriptors];
    private readonly HashSet<int> _lost = [];
    private TimeSpan _longest;
    private long _back;

    internal void Run(int count)
    {
        clients.Open(count);
        LoadVerb.Say("ready");
        var (began, turns, told) = (Stopwatch.GetTimestamp(), 0L, Stopwatch.GetTimestamp());
        while (true)
        {
            // Evenly over the gap: this many turns should have come by now.
            var due = (long)(Stopwatch.GetElapsedTime(began) / gap * count);
            for (turns = Math.Max(turns, due - count); turns < due; turns++)
            {
                Next(clients.Sockets[(int)(turns % count)]);
            }

            var events = clients.Epoll.Wait(1);
            for (var i = 0; i < events; i++)
            {
                Back((int)clients.Epoll.Data(i));
            }

            if (Stopwatch.GetElapsedTime(told) >= Telling)
            {
                told = Stopwatch.GetTimestamp();
                clients.Sockets.ForEach(s => Under(s, _got[s] < 0));
                LoadVerb.Say($"tick {_lost.Count} {_longest.TotalMilliseconds:0.###} {_back}");
                _longest = TimeSpan.Zero;
            }
        }
    }

    private void Next(int socket)
    {
        if (_got[socket] < 0 || _lost.Contains(socket))
        {
            return; // still under way
        }

        (_sent[socket], _got[socket]) = (Stopwatch.GetTimestamp(), -NumberBytes);
        var number = ++_number[socket];
        _ = Linux.Send(socket, (byte*)&number, NumberBytes, Linux.DontWait | Linux.NoSignal);
    }

    private void Back(int socket)
    {
        var place = clients.Buffer + NumberBytes + _got[socket];
        var bytes = _got[socket] < 0 ? (int)Linux.Receive(socket, place, -_got[socket], Linux.DontWait) : 0;
        if (bytes <= 0 || (bytes < NumberBytes && _got[socket] == -NumberBytes))
        {
            // It ended, or says what nobody asked; eight bytes never come in parts.
            Lost(socket);
            return;
        }

        _got[socket] += bytes;
        Under(socket, true);
        if (*(long*)clients.Buffer != _number[socket])
        {
            Lost(socket);
        }

        _back++;
    }

    private void Under(int socket, bool counts)
    {
        if (counts && !_lost.Contains(socket) && Stopwatch.GetElapsedTime(_sent[socket]) is var time && time > _longest)
        {
            _longest = time;
        }
    }

    private void Lost(int socket)
    {
        _lost.Add(socket);
        _ = clients.Epoll.Control(Linux.ControlDelete, socket, 0, 0);
    }
}
