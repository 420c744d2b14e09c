using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Dialing;

/// <summary>The dialling node as its links see it.</summary>
public interface ILinkClient
{
    NodeIdentity Identity { get; }

    /// <summary>Serves what the server sends; its <see cref="ILinkHandler.OnOpened"/> is where the node's own work on the link begins.</summary>
    ILinkHandler Handler { get; }

    /// <summary>The node's part of the hello: capabilities, link secret, software version, epoch, incarnation. Asked before each try; the
    /// dialer adds version, identity and clock.</summary>
    Hello CreateHello();

    /// <summary>Takes the server's terms before the link runs: store the link secret here (J5), check the incarnation. A returned error
    /// declines the link, and the server is told so.</summary>
    ValueTask<Error?> OnWelcomeAsync(NodeIdentity server, Welcome welcome, CancellationToken cancellation);

    /// <summary>True if trying again is useless until somebody acts (banned, removed): the keeper then stops.</summary>
    bool IsFinal(Error error);
}
