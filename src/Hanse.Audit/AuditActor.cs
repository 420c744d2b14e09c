namespace Hanse.Audit;

/// <summary>Who did something (A2).</summary>
/// <param name="Name">What people know them by: a user name, <c>local:&lt;uid&gt;</c> on a socket, <c>site:&lt;id&gt;</c>, <c>coordinator</c>.</param>
/// <param name="Account">Id of the account, where there is one.</param>
/// <param name="Token">Id of the API token or session that was used; never the token itself.</param>
/// <param name="SourceAddress">Where the request came from.</param>
public sealed record AuditActor(string Name, string? Account = null, string? Token = null, string? SourceAddress = null)
{
    /// <summary>The coordinator itself: deadlines that pass.</summary>
    public static AuditActor Coordinator { get; } = new("coordinator");
}
