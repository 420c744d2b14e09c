using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Hanse.Site;

/// <summary>U7: while less than <see cref="SiteOptions.DiskFloor"/> is free the site refuses new work (commands, joins, inventory, output:
/// all of which their senders keep), so that what is left holds the outcomes of work it has taken. It says so once when that begins
/// and once when it ends.</summary>
internal sealed partial class DiskSpace(SiteOptions options, TimeProvider time, ILogger<DiskSpace> logger)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(500);
    private readonly Lock _gate = new();
    private long _looked;
    private long _free = long.MaxValue;
    private bool _full;
    private bool _outboxFull;

    /// <summary>Bytes that the data folder's disk has left, at most half a second ago.</summary>
    public long Free
    {
        get
        {
            lock (_gate)
            {
                Look();
                return _free;
            }
        }
    }

    /// <summary>Why new work is not taken now, or null.</summary>
    public Error? Refusal()
    {
        lock (_gate)
        {
            Look();
            return _full ? Full() : null;
        }
    }

    /// <summary>The outbox holds as many records as it may.</summary>
    public bool OutboxFull
    {
        get => Volatile.Read(ref _outboxFull);
        set => Volatile.Write(ref _outboxFull, value);
    }

    /// <summary>Why new commands are not taken now, or null: each brings outcomes, which the outbox must hold.</summary>
    public Error? RefusalOfWork() => Refusal() ?? (OutboxFull
        ? new Error
        {
            Code = ErrorCodes.OutboxFull,
            Message = "The site has as many untold outcomes as it may hold, so it takes no new commands until the coordinator has taken some. `hanse outbox list` shows them.",
        }
        : null);

    /// <summary>A failed write, told to whoever asked for it: both are passing, so it may be tried again.</summary>
    public static Error Explain(NpgsqlException failure) => failure is PostgresException { SqlState: PostgresErrorCodes.DiskFull }
        ? Full()
        : new Error { Code = ErrorCodes.DatabaseUnavailable, Message = "The site's database did not take it; try again." };

    private void Look()
    {
        if (_looked != 0 && time.GetElapsedTime(_looked) < Fresh)
        {
            return;
        }

        _looked = time.GetTimestamp() is not 0 and var now ? now : 1;
        _free = new DriveInfo(Existing(options.DataFolder)).AvailableFreeSpace;
        var full = _free < options.DiskFloor;
        if (full && !_full)
        {
            LogFull(options.DataFolder, _free, options.DiskFloor);
        }
        else if (!full && _full)
        {
            LogRoom(options.DataFolder, _free);
        }

        _full = full;
    }

    /// <summary>The folder is made when the site joins; until then its parent tells.</summary>
    private static string Existing(string folder)
    {
        while (!Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }

    private static Error Full() => new()
    {
        Code = ErrorCodes.DiskFull, Message = "The site's disk is full, so it takes no new work until there is room. Free space in its data folder.",
    };

    [LoggerMessage(1, LogLevel.Error, "The disk of {Folder} is full: {Free} bytes are free, and below {Floor} no new work is taken. Free some space")]
    private partial void LogFull(string folder, long free, long floor);

    [LoggerMessage(2, LogLevel.Information, "The disk of {Folder} has room again: {Free} bytes are free")]
    private partial void LogRoom(string folder, long free);
}
