using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Hanse.TestKit;

namespace Hanse.Server.Tests.Cli;

/// <summary>A real OpenSSH server on loopback, a process of the test's own with its own keys, which lets this account in by the test's key alone.</summary>
internal sealed class Sshd : IAsyncDisposable
{
    private readonly TestFolder _folder;
    private readonly Process _process;

    private Sshd(TestFolder folder, Process process, int port) => (_folder, _process, Port) = (folder, process, port);

    public int Port { get; }

    /// <summary>What makes ssh use the test's key and know the test's server, and nothing of the account's own configuration.</summary>
    public IReadOnlyList<string> Options =>
    [
        $"Port={Port}", $"IdentityFile={_folder.File("user")}", "IdentitiesOnly=yes", $"UserKnownHostsFile={_folder.File("known")}", "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes",
    ];

    public static async Task<Sshd> StartAsync()
    {
        var folder = new TestFolder();
        var port = RealProcess.FreePort();
        await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder.File("host"));
        await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder.File("user"));
        await File.WriteAllTextAsync(folder.File("known"), $"[127.0.0.1]:{port} {await File.ReadAllTextAsync(folder.File("host.pub"))}");
        await File.WriteAllTextAsync(folder.File("sshd_config"), string.Create(CultureInfo.InvariantCulture, $"""
            Port {port}
            ListenAddress 127.0.0.1
            HostKey {folder.File("host")}
            AuthorizedKeysFile {folder.File("user.pub")}
            PidFile none
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password

            """));
        if (Environment.IsPrivilegedProcess)
        {
            Directory.CreateDirectory("/run/sshd"); // where it gives up its rights; a machine without a running one has none
        }

        var process = Process.Start(new ProcessStartInfo("/usr/sbin/sshd", ["-D", "-e", "-f", folder.File("sshd_config")]) { RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        await Wait.For("sshd to listen", () => process.HasExited ? throw new InvalidOperationException("sshd ended at once.") : IsOpen(port));
        return new Sshd(folder, process, port);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private static bool IsOpen(int port)
    {
        using var probe = new TcpClient();
        try
        {
            probe.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments))!;
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
