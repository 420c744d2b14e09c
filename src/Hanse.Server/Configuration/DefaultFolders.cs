namespace Hanse.Server.Configuration;

/// <summary>Where things are when nobody says.</summary>
internal static class DefaultFolders
{
    /// <summary>The system's configuration file, read when it exists and no other is named.</summary>
    public const string ConfigurationFile = "/etc/hanse/hanse.yaml";

    public static string Data() => Environment.IsPrivilegedProcess
        ? "/var/lib/hanse"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "hanse");
}
