using Hanse.Agent.Native;

namespace Hanse.Agent.Inventory.Sources;

/// <summary>The machine as the sources see it: a root folder (a fixture tree in tests) and its tools (none there).</summary>
internal sealed class HostView(string root, IToolRunner? tools)
{
    /// <summary>This machine.</summary>
    internal static HostView Real(TimeProvider time) => new("/", new ToolRunner(time));

    internal bool IsReal { get; } = root == "/";

    internal string PathOf(string absolute) => root == "/" ? absolute : Path.Join(root, absolute);

    /// <summary>The path as the host itself would name it.</summary>
    internal string NameOf(string path) => root == "/" ? path : "/" + Path.GetRelativePath(root, path);

    internal bool HasFile(string absolute) => File.Exists(PathOf(absolute));

    internal bool HasFolder(string absolute) => Directory.Exists(PathOf(absolute));

    /// <summary>The text of a file, or null where it is missing or may not be read.</summary>
    internal string? Text(string absolute)
    {
        try
        {
            return File.ReadAllText(PathOf(absolute));
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The trimmed text of a file, or null where it is missing, unreadable or empty.</summary>
    internal string? Value(string absolute) => Text(absolute)?.Trim() is { Length: > 0 } value ? value : null;

    internal IEnumerable<string> Lines(string absolute) => (Text(absolute) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Names in a folder, sorted; none where it is missing or may not be read.</summary>
    internal IReadOnlyList<string> Names(string absolute)
    {
        try
        {
            var names = Directory.EnumerateFileSystemEntries(PathOf(absolute)).Select(p => Path.GetFileName(p)).ToArray();
            Array.Sort(names, StringComparer.Ordinal);
            return names;
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    internal bool HasTool(string tool) => tools?.Find(tool) is not null;

    /// <summary>A tool's output, or null when the host has no such tool.</summary>
    /// <exception cref="InventoryException">It failed, or took too long.</exception>
    internal async Task<string?> ToolAsync(
        string tool, IReadOnlyList<string> arguments, TimeSpan limit, Func<int, bool> succeeded, CancellationToken cancellation)
    {
        if (tools?.Find(tool) is not { } path)
        {
            return null;
        }

        var result = await tools.RunAsync(path, arguments, limit, cancellation);
        if (!result.Complete)
        {
            throw new InventoryException($"{tool} was cut short after {limit.TotalSeconds:0} s or 32 MiB of output.");
        }

        return succeeded(result.ExitCode)
            ? result.Output
            : throw new InventoryException($"{tool} ended with {result.ExitCode}: {FirstLine(result.Error)}");
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].Trim();
}
