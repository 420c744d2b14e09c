using Microsoft.Extensions.Logging;

namespace Hanse.Storage.Instances;

internal static partial class StorageLog
{
    [LoggerMessage(2001, LogLevel.Information, "PostgreSQL runs as process {ProcessId}, socket in {SocketFolder}, adopted {Adopted}")]
    public static partial void Running(ILogger logger, int processId, string socketFolder, bool adopted);

    [LoggerMessage(2002, LogLevel.Information, "PostgreSQL, process {ProcessId}, stopped")]
    public static partial void Stopped(ILogger logger, int processId);

    [LoggerMessage(2003, LogLevel.Error, "PostgreSQL, process {ProcessId}, is gone; starting it again")]
    public static partial void Gone(ILogger logger, int processId);

    [LoggerMessage(2004, LogLevel.Error, "PostgreSQL did not start; next attempt in {Period}")]
    public static partial void RestartFailed(ILogger logger, TimeSpan period, Exception error);
}
