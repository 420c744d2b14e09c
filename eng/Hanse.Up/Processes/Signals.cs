using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Hanse.Up.Processes;

/// <summary>Signals to processes whose stamp was just checked.</summary>
internal static class Signals
{
    public const int Interrupt = 2;
    public const int Quit = 3;
    public const int Kill = 9;
    public const int Terminate = 15;

    private const int NoSuchProcess = 3;

    /// <summary>False when the process is gone.</summary>
    public static bool Send(ProcessStamp process, int signal)
    {
        if (!process.IsAlive)
        {
            return false;
        }

        if (SendNative(process.Pid, signal) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == NoSuchProcess ? false : throw new UpException($"process {process.Pid} cannot be ended: {new Win32Exception(error).Message}.");
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendNative(int pid, int signal);
}
