using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;

namespace Hanse.Trust.Joining;

/// <summary>What reading a join string found. Each case but <see cref="Read"/> is a refusal with a code and a text for people.</summary>
public abstract record JoinStringOutcome
{
    private JoinStringOutcome()
    {
    }

    /// <summary>From <see cref="ErrorCodes"/>; empty when read.</summary>
    public abstract string Code { get; }

    /// <summary>What happened and what to do. Never holds any part of the string.</summary>
    public abstract string Message { get; }

    /// <summary>Complete, undamaged, of the wanted kind and in time.</summary>
    public sealed record Read(JoinInvitation Invitation) : JoinStringOutcome
    {
        public override string Code => "";

        public override string Message => "";
    }

    /// <summary>The text is something else.</summary>
    public sealed record Unrecognized : JoinStringOutcome
    {
        public override string Code => ErrorCodes.JoinStringUnrecognized;

        public override string Message => $"This is not a join string: one begins with “{JoinString.Prefix}”. Copy the whole line that the invitation printed.";
    }

    /// <summary>A later form than this program reads.</summary>
    public sealed record Newer : JoinStringOutcome
    {
        public override string Code => ErrorCodes.JoinStringNewer;

        public override string Message => "This join string was made by a newer version of Hanse. Update this program, then join.";
    }

    /// <summary>Of full length, but not what was printed.</summary>
    public sealed record Mistyped(string Detail) : JoinStringOutcome
    {
        public override string Code => ErrorCodes.JoinStringMistyped;

        public override string Message => $"The join string is damaged ({Detail}). Copy it again instead of typing it.";
    }

    /// <summary>The end is missing.</summary>
    public sealed record Truncated(int Missing) : JoinStringOutcome
    {
        public override string Code => ErrorCodes.JoinStringTruncated;

        public override string Message => $"The end of the join string is missing (about {Missing} characters). Copy the whole of it; it may span several lines.";
    }

    /// <summary>An invitation for another kind of node.</summary>
    public sealed record WrongKind(NodeKind Found, NodeKind Wanted) : JoinStringOutcome
    {
        public override string Code => ErrorCodes.JoinStringWrongKind;

        public override string Message =>
            $"This join string invites {Name(Found)}, not {Name(Wanted)}. Make one with “hanse {Noun(Wanted)} invite”.";
    }

    /// <summary>The invitation's time is past by this machine's clock. Whether the clock is right only a server can tell: a
    /// <see cref="JoinClient"/> given the invitation asks it before it gives up.</summary>
    public sealed record Expired(JoinInvitation Invitation) : JoinStringOutcome
    {
        public override string Code => ErrorCodes.JoinStringExpired;

        public override string Message => $"The join string expired at {Invitation.Expires:u}. Ask for a new one; if that moment lies ahead, correct this machine's clock.";
    }

    private static string Name(NodeKind kind) => kind == NodeKind.Agent ? "an agent" : $"a {Noun(kind)}";

    private static string Noun(NodeKind kind) => kind.ToString().ToLowerInvariant();
}
