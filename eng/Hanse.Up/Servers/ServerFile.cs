namespace Hanse.Up.Servers;

/// <summary>Writes the hanse.yaml of one server of the demo.</summary>
internal static class ServerFile
{
    public static string Write(string role, string dataDir, int port, params string[] externalNames)
    {
        const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        Directory.CreateDirectory(dataDir);
        File.SetUnixFileMode(dataDir, Passable);
        var path = Path.Combine(dataDir, "hanse.yaml");
        File.WriteAllText(path, $"""
            # Written by ./up at each start.
            roles: [{role}]
            dataDir: {dataDir}
            listen: 127.0.0.1:{port}
            externalNames: [{string.Join(", ", externalNames)}]
            addresses: ["127.0.0.1:{port}"]
            """ + "\n");
        return path;
    }
}
