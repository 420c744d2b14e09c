using System.Diagnostics;
using System.Globalization;
using System.Text;
using Hanse.TestKit;

namespace Hanse.Server.Tests.Hosting;

/// <summary>A shell in a mount namespace of its own, where a folder is a real disk of a few hundred megabytes; it is gone with the shell.
/// As an ordinary user it lives in a user namespace that keeps the user's id, since PostgreSQL refuses to be root.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly Process _shell;
    private readonly string _folder;
    private readonly StringBuilder _errors = new();
    private int _asked;

    private SmallDisk(Process shell, string folder)
    {
        (_shell, _folder) = (shell, folder);
        shell.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(line.Data);
            }
        };
        shell.BeginErrorReadLine();
    }

    public string Folder => _folder;

    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    public static async Task<SmallDisk> CreateAsync(int megabytes)
    {
        var folder = $"/tmp/hanse-servers-{Environment.UserName}/{Hanse.Protocol.Ids.CommandId.New()}";
        Directory.CreateDirectory(folder);
        string[] space = Environment.UserName == "root" ? ["--mount"] : ["--user", "--map-current-user", "--keep-caps", "--mount"];
        var start = new ProcessStartInfo("unshare", [.. space, "sh"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        var disk = new SmallDisk(Process.Start(start)!, folder);
        var (code, said) = await disk.RunAsync(string.Create(CultureInfo.InvariantCulture, $"mount -t tmpfs -o size={megabytes}m,mode=755 tmpfs {folder} 2>&1"));
        return code == 0 ? disk : throw new InvalidOperationException($"No small disk could be mounted: {said}{disk.Errors}");
    }

    /// <summary>Exit status and standard output of a shell command on that machine's view of its disks.</summary>
    public async Task<(int Code, string Output)> RunAsync(string command)
    {
        var mark = string.Create(CultureInfo.InvariantCulture, $"@@{++_asked} ");
        await _shell.StandardInput.WriteLineAsync($"{command}\nstatus=$?; echo; echo \"{mark}$status\"");
        await _shell.StandardInput.FlushAsync();
        var output = new StringBuilder();
        while (await Wait.ForTask($"the shell to answer {command}", _shell.StandardOutput.ReadLineAsync(), TimeSpan.FromSeconds(90)) is { } line)
        {
            if (line.StartsWith(mark, StringComparison.Ordinal))
            {
                return (int.Parse(line[mark.Length..], CultureInfo.InvariantCulture), output.ToString());
            }

            output.AppendLine(line);
        }

        throw new InvalidOperationException($"The shell ended: {Errors}");
    }

    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await Wait.ForTask("the shell to end", _shell.WaitForExitAsync());
        _shell.Dispose();
        Directory.Delete(_folder);
    }
}
