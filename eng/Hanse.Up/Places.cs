using System.Security.Cryptography;
using System.Text;

namespace Hanse.Up;

/// <summary>Where things are: this checkout's programs, and the folder in which its demo federation lives.</summary>
/// <param name="Programs">The snapshot of the build, which a later build does not touch while it runs.</param>
/// <param name="Data">Everything the federation keeps.</param>
internal sealed record Places(string Programs, string Data)
{
    public string Server => Path.Combine(Programs, "server", "hanse");

    public string Agent => Path.Combine(Programs, "agent", "hanse-agent");

    public string Gateway => Path.Combine(Programs, "gateway", "hanse-gateway");

    public string Simulator => Path.Combine(Programs, "bench", "Hanse.Bench");

    public string StateFile => Path.Combine(Data, "up.json");

    public string LockFile => Path.Combine(Data, "up.lock");

    public string Profile => Path.Combine(Data, "profile.yaml");

    public string Logs => Path.Combine(Data, "logs");

    public string DataOf(string name) => Path.Combine(Data, name);

    public string LogOf(string name) => Path.Combine(Logs, name + ".log");

    /// <summary>The default folder of a checkout: as root under /var/lib, because PostgreSQL's account must be able to enter it (S1);
    /// otherwise where programs keep state. Two checkouts never share one.</summary>
    public static string DefaultData(string checkout)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(checkout)))[..10];
        if (Environment.IsPrivilegedProcess)
        {
            return Path.Combine("/var/lib/hanse", name);
        }

        var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } configured
            ? configured
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        return Path.Combine(state, "hanse", name);
    }

    /// <summary>Makes the folder; others may pass through it but not look inside.</summary>
    public void Prepare()
    {
        try
        {
            const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
            if (!Directory.Exists(Data))
            {
                Directory.CreateDirectory(Data);
                File.SetUnixFileMode(Data, Passable);
            }

            Directory.CreateDirectory(Logs, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new UpException($"the data folder {Data} cannot be used: {refused.Message} Name another with --data DIR.");
        }
    }
}
