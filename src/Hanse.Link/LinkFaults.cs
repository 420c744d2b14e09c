using System.Net.Sockets;
using System.Net.WebSockets;
using Hanse.Protocol.Errors;

namespace Hanse.Link;

/// <summary>What broken connections look like from above.</summary>
internal static class LinkFaults
{
    /// <summary>True for what broken connections throw, as opposed to bugs.</summary>
    public static bool IsTransport(Exception exception) =>
        exception is WebSocketException or IOException or ObjectDisposedException or SocketException
        // What an aborted WebSocket throws.
        || (exception is OperationCanceledException { CancellationToken.IsCancellationRequested: false });

    public static LinkEnd Broken(Exception? cause) =>
        new(LinkEndKind.Broken, LinkErrors.Of(ErrorCodes.LinkBroken, cause?.Message ?? "The peer closed the connection."), TimeSpan.Zero, cause);
}
