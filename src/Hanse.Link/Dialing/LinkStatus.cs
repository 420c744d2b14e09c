using Hanse.Protocol.Messages;

namespace Hanse.Link.Dialing;

/// <summary>What a node can tell about the link it keeps.</summary>
/// <param name="Health">Judged now.</param>
/// <param name="LastSuccess">When a link last was known to be up; null if never.</param>
/// <param name="LastError">Why the last try failed, or the last link ended; null if neither happened.</param>
/// <param name="NextTry">When the next try begins; null while there is a link, during a try, and after a final refusal.</param>
/// <param name="Stopped">A final refusal: nothing is tried any more.</param>
public sealed record LinkStatus(LinkHealth Health, DateTimeOffset? LastSuccess, Error? LastError, DateTimeOffset? NextTry, bool Stopped);
