namespace Hanse.Storage.Backups;

/// <summary>A backup cannot be made, read or restored. The message is for the operator as it stands and holds no secret.</summary>
public sealed class BackupException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>One of <see cref="BackupErrorCodes"/>.</summary>
    public string Code { get; } = code;
}

/// <summary>Stable codes of <see cref="BackupException"/>.</summary>
public static class BackupErrorCodes
{
    public const string Damaged = "backup-damaged";
    public const string CutShort = "backup-cut-short";
    public const string NotABackup = "backup-unknown";
    public const string WrongPassphrase = "passphrase-wrong";
    public const string OtherIdentity = "backup-of-another";
    public const string OtherRole = "backup-of-other-role";
    public const string NewerSchema = "database-newer";
    public const string Occupied = "restore-over-data";
}
