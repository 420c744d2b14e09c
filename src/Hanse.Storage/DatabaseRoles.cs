namespace Hanse.Storage;

/// <summary>Names of the databases, one a role of the process; in a private instance also the names of the accounts that own them.</summary>
public static class DatabaseRoles
{
    public const string Coordinator = "coordinator";
    public const string Site = "site";
}
