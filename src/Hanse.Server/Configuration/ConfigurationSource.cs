namespace Hanse.Server.Configuration;

/// <summary>Finds the configuration file: the one named, else <c>$HANSE_CONFIG</c>, else the system's when it exists, else none.</summary>
internal static class ConfigurationSource
{
    public static ConfigurationResult Load(
        string? named, IReadOnlyDictionary<string, string> variables, IEnumerable<(string Flag, string Path, string Value)> flags)
    {
        var path = named ?? variables.GetValueOrDefault("HANSE_CONFIG") ?? (File.Exists(DefaultFolders.ConfigurationFile) ? DefaultFolders.ConfigurationFile : null);
        if (path is null)
        {
            return ConfigurationReader.Read(null, variables, flags);
        }

        try
        {
            return ConfigurationReader.Read((path, File.ReadAllText(path)), variables, flags);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            var fix = unreadable is FileNotFoundException or DirectoryNotFoundException
                ? "name a file that exists" : "make it readable for this account";
            return new(null, [new(path, "", $"cannot be read: {unreadable.Message.TrimEnd('.')}", fix)], new Dictionary<string, string>(), []);
        }
    }
}
