namespace Hanse.Server.Cli.Output;

/// <summary>A file that a verb writes for its caller alone (mode 0600): it is there whole or not at all.</summary>
internal static class OutputFile
{
    public static async Task WriteAsync(string path, Func<Stream, Task> write)
    {
        var partial = path + ".partial";
        try
        {
            File.Delete(partial);
            await using (var file = new FileStream(partial, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                await write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            File.Delete(partial);
            throw new CliException(ExitCodes.Failed, $"{path} could not be written: {refused.Message}", "Choose another place, or make room.");
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }
}
