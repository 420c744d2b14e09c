namespace Hanse.Agent.Native;

/// <summary>Starts a process with posix_spawn: in a session of its own, with default signals and an empty signal mask (the
/// runtime ignores SIGPIPE, and a child would inherit that), with nothing open but its three standard streams.</summary>
internal static unsafe class Spawn
{
    // Opaque to us; glibc uses 80 and 336 bytes, musl less.
    private const int OpaqueSize = 1024;
    private const int ReadOnly = 0;

    internal static int Start(ChildStart start, int stdin, int stdout, int stderr)
    {
        using var argv = new NativeStrings([start.Path, .. start.Arguments]);
        using var envp = new NativeStrings([.. start.Environment.Select(e => $"{e.Key}={e.Value}")]);
        var memory = stackalloc byte[OpaqueSize * 3];
        new Span<byte>(memory, OpaqueSize * 3).Clear();
        void* actions = memory, attributes = memory + OpaqueSize, signals = memory + (2 * OpaqueSize);
        Check(Libc.ActionsInit(actions));
        Check(Libc.AttributesInit(attributes));
        try
        {
            Connect(actions, stdin, stdout, stderr);
            Prepare(attributes, signals);
            int pid;
            fixed (byte* path = Utf8(start.Path))
            {
                var error = Libc.PosixSpawn(&pid, path, actions, attributes, argv.Pointers, envp.Pointers);
                return error == 0 ? pid : throw new SpawnException($"Starting {start.Path}", error);
            }
        }
        finally
        {
            _ = Libc.ActionsDestroy(actions);
            _ = Libc.AttributesDestroy(attributes);
        }
    }

    private static void Connect(void* actions, int stdin, int stdout, int stderr)
    {
        if (stdin < 0)
        {
            fixed (byte* nothing = "/dev/null\0"u8)
            {
                Check(Libc.ActionsOpen(actions, 0, nothing, ReadOnly, 0));
            }
        }
        else
        {
            Check(Libc.ActionsDup2(actions, stdin, 0));
        }

        Check(Libc.ActionsDup2(actions, stdout, 1));
        Check(Libc.ActionsDup2(actions, stderr, 2));
    }

    private static void Prepare(void* attributes, void* signals)
    {
        Check(Libc.SignalsEmpty(signals));
        Check(Libc.AttributesSignalMask(attributes, signals));
        for (var signal = 1; signal < 32; signal++)
        {
            _ = Libc.SignalsAdd(signals, signal);
        }

        Check(Libc.AttributesSignalDefaults(attributes, signals));
        Check(Libc.AttributesFlags(attributes, Libc.SpawnSetSession | Libc.SpawnSetSignalDefaults | Libc.SpawnSetSignalMask));
    }

    private static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text + '\0');

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new SpawnException("Preparing a process", error);
        }
    }
}
