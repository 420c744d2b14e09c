using Hanse.Gateway.Routes;
using Hanse.Gateway.Takeover;

namespace Hanse.Gateway.Relay;

/// <summary>A relay whose workers stand still: what they hold may be looked at. They go on at its end, unless it is kept.</summary>
internal sealed class FrozenRelay : IDisposable
{
    private readonly ManualResetEventSlim _goOn = new();
    private readonly EndTable _ends;
    private readonly RouteBook _book;
    private readonly Action _keep;
    private bool _kept;

    internal FrozenRelay(IReadOnlyList<Worker> workers, EndTable ends, RouteBook book, Action keep)
    {
        (_ends, _book, _keep) = (ends, book, keep);
        using var standing = new CountdownEvent(workers.Count);
        foreach (var worker in workers)
        {
            worker.Post(_ =>
            {
                standing.Signal();
                _goOn.Wait();
            });
        }

        standing.Wait();
    }

    /// <summary>The workers stay where they are: everything belongs to another process now.</summary>
    internal void Keep()
    {
        _kept = true;
        _keep();
    }

    /// <summary>Every client, with its upstream if it has one. A client whose upstream is being dialled counts as one that has just said hello: its hello is unread.</summary>
    internal IReadOnlyList<ConnectionRecord> Connections()
    {
        var records = new List<ConnectionRecord>();
        for (var descriptor = _ends.NextUsed(0); descriptor < _ends.Capacity; descriptor = _ends.NextUsed(descriptor + 1))
        {
            ref var end = ref _ends[descriptor];
            if (end.Phase is EndPhase.Hello or EndPhase.Waiting)
            {
                records.Add(new ConnectionRecord("", descriptor, -1));
            }
            else if (end.Phase == EndPhase.Relaying && end.Has(EndMarks.Client))
            {
                records.Add(Of(descriptor, in end, in _ends[end.Peer]));
            }
        }

        return records;
    }

    public void Dispose()
    {
        if (!_kept)
        {
            _goOn.Set();
        }
    }

    private ConnectionRecord Of(int client, in End end, in End upstream) => new(_book.Key(end.Route) ?? "", client, end.Peer)
    {
        ClientMarks = end.Marks,
        UpstreamMarks = upstream.Marks,
        FromClient = end.Held,
        FromClientPipe = end.Pipe,
        FromUpstream = upstream.Held,
        FromUpstreamPipe = upstream.Pipe,
    };
}
