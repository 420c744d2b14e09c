using Hanse.Protocol.Messages;

namespace Hanse.Link.Calls;

/// <summary>Requests of ours that wait for their answer. Allocates nothing while none waits. Thread-safe.</summary>
internal sealed class PendingCalls(int limit)
{
    private Dictionary<ulong, TaskCompletionSource<Response>>? _waiting;
    private ulong _lastId;
    private LinkEnd? _end;

    /// <summary>A slot, or false when the limit of the peer is reached.</summary>
    /// <exception cref="LinkException">The link has ended.</exception>
    public bool TryAdd(out ulong id, out TaskCompletionSource<Response> answer)
    {
        answer = new TaskCompletionSource<Response>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (this)
        {
            if (_end is not null)
            {
                throw new LinkException(_end);
            }

            _waiting ??= [];
            id = _waiting.Count < limit ? ++_lastId : 0;
            return id != 0 && _waiting.TryAdd(id, answer);
        }
    }

    /// <summary>Hands over an answer. One that nobody waits for any more (its time was over) is dropped.</summary>
    public void Complete(Response response) => Take(response.Id)?.TrySetResult(response);

    public void Remove(ulong id) => Take(id);

    /// <summary>Fails every waiting request, and each later one, at once.</summary>
    public void End(LinkEnd end)
    {
        Dictionary<ulong, TaskCompletionSource<Response>>? waiting;
        lock (this)
        {
            _end = end;
            (waiting, _waiting) = (_waiting, null);
        }

        foreach (var answer in waiting?.Values ?? Enumerable.Empty<TaskCompletionSource<Response>>())
        {
            answer.TrySetException(new LinkException(end));
        }
    }

    private TaskCompletionSource<Response>? Take(ulong id)
    {
        lock (this)
        {
            if (_waiting is null || !_waiting.Remove(id, out var answer))
            {
                return null;
            }

            // An idle link keeps no table.
            _waiting = _waiting.Count == 0 ? null : _waiting;
            return answer;
        }
    }
}
