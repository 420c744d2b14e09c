using System.ComponentModel;

namespace Hanse.Agent.Native;

/// <summary>The operating system refused to start a process: too many processes, no memory, no such launcher.</summary>
internal sealed class SpawnException(string what, int error)
    : Exception($"{what} failed: {new Win32Exception(error).Message} (errno {error}).")
{
    internal int Error { get; } = error;
}
