using System.ComponentModel;
using System.Diagnostics;

namespace Hanse.Server.Cli.Sites;

/// <summary>Joins a site on another machine from here: runs <c>hanse site join</c> there over OpenSSH, with the join string on its standard input. Whom to trust and
/// how to log in is OpenSSH's: known hosts, agent, keys, <c>~/.ssh/config</c>.</summary>
internal static class SshJoin
{
    /// <summary>What ssh itself exits with when it, and not the command, failed.</summary>
    private const int SshFailed = 255;

    /// <param name="destination">user@host, or a host of the ssh configuration.</param>
    /// <param name="options">For ssh's <c>-o</c>.</param>
    /// <param name="command">Program and arguments over there.</param>
    /// <param name="joinString">Goes through standard input, never through arguments (J1).</param>
    /// <param name="cli">Takes what is printed there.</param>
    /// <param name="cancellation">Ends ssh, and with it the command.</param>
    public static async Task<int> RunAsync(
        string destination, IReadOnlyList<string> options, IReadOnlyList<string> command, string joinString, CliContext cli, CancellationToken cancellation)
    {
        // An argument that begins with a dash is an option to ssh, and some of those run programs here.
        if (destination.StartsWith('-') || destination.Length == 0)
        {
            throw new CliException(ExitCodes.Usage, $"'{destination}' is not a destination.", "Write --ssh user@host.");
        }

        var start = new ProcessStartInfo("ssh") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in Arguments(destination, options, command, cli.IsInteractive))
        {
            start.ArgumentList.Add(argument);
        }

        using var ssh = Start(start);
        await using var ending = cancellation.Register(() => ssh.Kill());
        var (output, error) = (CopyAsync(ssh.StandardOutput, cli.Out, cancellation), CopyAsync(ssh.StandardError, cli.Error, cancellation));
        try
        {
            await ssh.StandardInput.WriteLineAsync(joinString.AsMemory(), cancellation);
            ssh.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read: its exit code says why.
        }

        await Task.WhenAll(output, error, ssh.WaitForExitAsync(cancellation));
        return ssh.ExitCode == SshFailed
            ? throw new CliException(ExitCodes.Unreachable, $"ssh could not run anything on {destination}; the join string is unused.",
                $"Try the same by hand: ssh {destination} true")
            : ssh.ExitCode;
    }

    internal static IEnumerable<string> Arguments(string destination, IReadOnlyList<string> options, IReadOnlyList<string> command, bool interactive) =>
    [
        "-T", "-o", "ClearAllForwardings=yes", .. interactive ? [] : new[] { "-o", "BatchMode=yes" },
        .. options.SelectMany(o => new[] { "-o", o }), "--", destination, string.Join(' ', command.Select(Quote)),
    ];

    /// <summary>The shell over there sees each argument as it is written here.</summary>
    internal static string Quote(string argument) => argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=@,+".Contains(c, StringComparison.Ordinal))
        ? argument
        : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception missing)
        {
            throw new CliException(ExitCodes.Usage, $"ssh cannot be run here: {missing.Message}", "Install OpenSSH's client, or pipe the join string through another way in.");
        }
    }

    private static async Task CopyAsync(StreamReader from, TextWriter to, CancellationToken cancellation)
    {
        while (await from.ReadLineAsync(cancellation) is { } line)
        {
            await to.WriteLineAsync(line.AsMemory(), cancellation);
        }
    }
}
