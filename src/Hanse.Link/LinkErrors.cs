using Hanse.Protocol.Messages;

namespace Hanse.Link;

/// <summary>Makes the typed errors that travel in frames.</summary>
public static class LinkErrors
{
    /// <param name="code">A code of the catalogue.</param>
    /// <param name="message">What happened, why, and what to do; for people.</param>
    /// <param name="field">The input that is to blame, where there is one.</param>
    public static Error Of(string code, string message, string field = "") => new() { Code = code, Message = message, Field = field };
}
