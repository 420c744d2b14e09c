namespace Hanse.Agent.Data;

/// <summary>Folders that only the agent's own account may enter.</summary>
internal static class PrivateFolder
{
    internal const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    internal static void Create(string path) => Directory.CreateDirectory(path, Mode);
}
