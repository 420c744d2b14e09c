using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Hanse.Storage.Instances;

/// <summary>
/// The account that PostgreSQL runs as: ourselves or, since PostgreSQL refuses root, a named account when this process is root. Also
/// asks, as that account, what it may do with a path, which answers for ACLs and mounts as well.
/// </summary>
internal sealed class ServerAccount
{
    // By their full paths: a bare name is looked for in our folder and the current one before PATH, and both may hold a "test".
    private const string TestProgram = "/usr/bin/test";
    private const string ChownProgram = "/usr/bin/chown";

    private ServerAccount(string name, bool switches) => (Name, Switches) = (name, switches);

    public string Name { get; }

    /// <summary>Whether programs are started as another account than ours.</summary>
    public bool Switches { get; }

    public static ServerAccount Choose(string accountWhenRoot) => Environment.IsPrivilegedProcess
        ? new ServerAccount(accountWhenRoot, switches: true)
        : new ServerAccount(Environment.UserName, switches: false);

    /// <summary>Runs a program as this account to its end. A cancelled run is killed.</summary>
    public Task<ToolResult> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancel) =>
        RunAsync(program, arguments, Switches ? Name : null, cancel);

    /// <summary>The file test of <c>test(1)</c>, such as <c>-x</c>: true if it holds for this account.</summary>
    public async Task<bool> TestAsync(string condition, string path, CancellationToken cancel)
    {
        var result = await RunAsync(TestProgram, [condition, path], cancel);
        return result.ExitCode <= 1 ? result.Succeeded : throw new InvalidOperationException($"test {condition} {path}: {result.Output}");
    }

    /// <summary>Gives a path to this account; nothing to do when it is ours.</summary>
    public async Task TakeAsync(string path, CancellationToken cancel)
    {
        if (!Switches)
        {
            return;
        }

        var result = await RunAsync(ChownProgram, [$"{Name}:", path], null, cancel);
        if (!result.Succeeded)
        {
            throw new StorageRefusedException(
                StorageErrorCodes.DataFolderUnreachable,
                $"The folder {path} could not be given to the account {Name}: {result.Output.Trim()}. Choose another data folder.");
        }
    }

    private static async Task<ToolResult> RunAsync(
        string program, IReadOnlyList<string> arguments, string? account, CancellationToken cancel)
    {
        // Any folder that every account may be in: ours may be closed to the other account.
        var start = new ProcessStartInfo(program, arguments)
        {
            UserName = account,
            WorkingDirectory = "/",
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var variable in start.Environment.Keys.Where(IsForPostgres).ToList())
        {
            start.Environment.Remove(variable);
        }

        start.Environment["LC_ALL"] = "C";
        using var process = Start(start, account);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var errors = process.StandardError.ReadToEndAsync(cancel);
        try
        {
            await process.WaitForExitAsync(cancel);
            return new ToolResult(process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    // PGDATA, PGHOST and the like would change what the programs do.
    private static bool IsForPostgres(string variable) => variable.StartsWith("PG", StringComparison.Ordinal);

    private static Process Start(ProcessStartInfo start, string? account)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            var who = account is null ? "" : string.Create(CultureInfo.InvariantCulture, $" as the account {account}");
            throw new StorageRefusedException(
                StorageErrorCodes.PostgresMissing,
                $"{start.FileName} could not be run{who}: {error.Message}. Install PostgreSQL (Debian: apt-get install postgresql), which " +
                "brings its account, or give a connection string (postgres.connectionString).",
                error);
        }
    }
}
