using System.Collections.Concurrent;
using Google.Protobuf;
using Hanse.Link.Streams;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Tests.Fixtures;

/// <summary>A handler whose answers a test sets; it remembers what happened to it.</summary>
internal sealed class FakeHandler : ILinkHandler
{
    public Func<LinkCall, IMessage, CancellationToken, ValueTask<LinkReply>> Answer { get; set; } = (_, _, _) => ValueTask.FromResult(LinkReply.Done);

    public Func<IMessage, LinkStream, CancellationToken, ValueTask<Error?>> Stream { get; set; } = (_, _, _) => ValueTask.FromResult<Error?>(null);

    public TaskCompletionSource<NodeLink> Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource<LinkEnd> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<IMessage> Events { get; } = [];

    public ConcurrentQueue<Exception> Faults { get; } = [];

    public void OnOpened(NodeLink link) => Opened.TrySetResult(link);

    public ValueTask<LinkReply> HandleAsync(LinkCall call, IMessage request, CancellationToken cancellation) => Answer(call, request, cancellation);

    public ValueTask OnEventAsync(LinkCall call, IMessage message, CancellationToken cancellation)
    {
        Events.Enqueue(message);
        return ValueTask.CompletedTask;
    }

    public ValueTask<Error?> OnStreamAsync(LinkCall call, IMessage opening, LinkStream stream, CancellationToken cancellation) =>
        Stream(opening, stream, cancellation);

    public ValueTask OnEndedAsync(NodeLink link, LinkEnd end)
    {
        Ended.TrySetResult(end);
        return ValueTask.CompletedTask;
    }

    public void OnFault(NodeLink link, Method method, Exception fault) => Faults.Enqueue(fault);
}
