using Google.Protobuf;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;

namespace Hanse.Link;

/// <summary>Typed handlers by method, for a node of one kind. Built once at start and shared by all links; a test holds
/// <see cref="Methods"/> against the manifest.</summary>
public sealed class LinkRouter(NodeKind local)
{
    private readonly Dictionary<Method, Route> _routes = [];

    private delegate ValueTask<LinkReply> Route(LinkCall call, IMessage request, CancellationToken cancellation);

    /// <summary>The methods that have a handler.</summary>
    public IReadOnlyCollection<Method> Methods => _routes.Keys;

    /// <summary>The methods of the manifest that this node must serve.</summary>
    public IEnumerable<Method> Expected => MethodManifest.All.Where(contract => contract.Callee == local).Select(contract => contract.Method);

    /// <summary>Gives a method its handler.</summary>
    /// <exception cref="ArgumentException">The manifest has the method elsewhere, with another request, or it has a handler already.</exception>
    public LinkRouter On<TRequest>(Method method, Func<LinkCall, TRequest, CancellationToken, ValueTask<LinkReply>> handler)
        where TRequest : class, IMessage<TRequest>, new()
    {
        var contract = MethodManifest.Find((uint)method);
        if (contract is null || contract.Callee != local || contract.Request.ClrType != typeof(TRequest))
        {
            throw new ArgumentException($"The manifest has no {method} at a {local} that takes a {typeof(TRequest).Name}.", nameof(method));
        }

        _routes.Add(method, (call, request, cancellation) => handler(call, (TRequest)request, cancellation));
        return this;
    }

    /// <summary>Calls the handler of the call's method; <c>unknown-method</c> where there is none.</summary>
    public ValueTask<LinkReply> HandleAsync(LinkCall call, IMessage request, CancellationToken cancellation) =>
        _routes.TryGetValue(call.Method, out var route)
            ? route(call, request, cancellation)
            : ValueTask.FromResult(LinkReply.Refuse(ErrorCodes.UnknownMethod, $"This {local} does not serve {call.Method}."));
}
