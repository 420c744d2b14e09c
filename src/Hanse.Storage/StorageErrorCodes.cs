namespace Hanse.Storage;

/// <summary>Stable codes of what <see cref="StorageRefusedException"/> reports; logs, exit texts and tests name them.</summary>
public static class StorageErrorCodes
{
    public const string DatabaseNewer = "database-newer";
    public const string DatabaseTaken = "database-taken";
    public const string DataFolderForeign = "data-folder-foreign";
    public const string DataFolderInUse = "data-folder-in-use";
    public const string DataFolderUnreachable = "data-folder-unreachable";
    public const string MigrationEdited = "migration-edited";
    public const string MigrationFailed = "migration-failed";
    public const string PostgresFailed = "postgres-failed";
    public const string PostgresMissing = "postgres-missing";
    public const string SocketFolder = "socket-folder";
}
