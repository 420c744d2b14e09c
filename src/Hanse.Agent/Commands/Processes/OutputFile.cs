namespace Hanse.Agent.Commands.Processes;

/// <summary>One stream of an execution on disk, kept up to its limit; what is beyond is counted.</summary>
internal sealed class OutputFile : IDisposable
{
    private readonly FileStream _file;
    private readonly long _limit;
    private long _kept;
    private long _total;
    private volatile bool _broken;

    internal OutputFile(string path, long limit)
    {
        _limit = limit;
        var mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = FileShare.Read | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = mode,
        });
    }

    /// <summary>All bytes the script wrote.</summary>
    internal long Total => Volatile.Read(ref _total);

    /// <summary>Something was not kept: the limit, or a disk that took no more.</summary>
    internal bool Truncated => Total > Volatile.Read(ref _kept);

    internal void Write(ReadOnlySpan<byte> data)
    {
        Volatile.Write(ref _total, _total + data.Length);
        var room = (int)Math.Min(data.Length, _limit - _kept);
        if (room <= 0 || _broken)
        {
            return;
        }

        try
        {
            _file.Write(data[..room]);
            Volatile.Write(ref _kept, _kept + room);
        }
        catch (IOException)
        {
            // A full disk must not stop the script or its outcome: the rest is counted, and Truncated says so.
            _broken = true;
        }
    }

    internal void Sync()
    {
        try
        {
            _file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            _broken = true;
        }
    }

    public void Dispose() => _file.Dispose();
}
