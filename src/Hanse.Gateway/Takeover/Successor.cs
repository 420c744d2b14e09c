using System.Diagnostics;

namespace Hanse.Gateway.Takeover;

/// <summary>Starts the program that lies at this one's path now, which takes over: the way of an upgrade under systemd, where a service's processes come from its main one.</summary>
internal sealed class Successor
{
    // Read at the start: once the file is replaced, the kernel's name for it is another.
    private readonly string _program = Environment.ProcessPath ?? throw new InvalidOperationException("A process without a program.");
    private readonly IReadOnlyList<string> _arguments;

    internal Successor(IReadOnlyList<string> arguments)
    {
        var dotnet = Path.GetFileNameWithoutExtension(_program) == "dotnet";
        _arguments = [.. dotnet ? [Environment.GetCommandLineArgs()[0]] : Array.Empty<string>(), .. arguments.Where(a => a != "--takeover"), "--takeover"];
    }

    /// <summary>Starts it; its output goes where this one's does. It ends by itself when it cannot take over.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no program there that can be started.</exception>
    internal int Start()
    {
        using var process = Process.Start(new ProcessStartInfo(_program, _arguments) { UseShellExecute = false })
            ?? throw new InvalidOperationException("No process was started.");
        return process.Id;
    }
}
