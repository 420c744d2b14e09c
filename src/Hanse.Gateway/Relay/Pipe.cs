using System.Runtime.InteropServices;

namespace Hanse.Gateway.Relay;

/// <summary>The two descriptors of a pipe.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Pipe
{
    internal int Out;
    internal int In;
}
