namespace Hanse.Trust.Joining;

/// <summary>Why a join or a renewal did not happen.</summary>
/// <param name="Code">From <see cref="Protocol.Errors.ErrorCodes"/>, or the server's own.</param>
/// <param name="Message">What happened and what to do; printable text without control characters.</param>
/// <param name="Retryable">True if the same request may succeed later without anyone's doing: the server was not reached or was busy.</param>
public sealed record JoinRefusal(string Code, string Message, bool Retryable = false);
