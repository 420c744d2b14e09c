namespace Hanse.Coordinator.Access.Api;

/// <summary>The policies an endpoint may require. An administrator may do all that a viewer may.</summary>
public static class AccessPolicies
{
    /// <summary>May read everything but other accounts' tokens; changes nothing.</summary>
    public const string Viewer = "viewer";

    /// <summary>May change things, run commands and manage accounts.</summary>
    public const string Administrator = "administrator";

    /// <summary>Only through the Unix socket (J6): what must work when nobody can log in.</summary>
    public const string Local = "local";
}
