using System.Runtime.InteropServices;

namespace Hanse.Agent.Native;

/// <summary>An account as the system's name service knows it (files, LDAP, …).</summary>
internal sealed record LocalUser(string Name, uint Id, uint Group, string Home, string Shell)
{
    private const int BufferSize = 64 * 1024;

    /// <summary>The account the agent runs as.</summary>
    internal static unsafe LocalUser Current()
    {
        var id = Libc.EffectiveUser();
        return Find((entry, buffer, result) => Libc.UserById(id, (Libc.Passwd*)entry, (byte*)buffer, BufferSize, (Libc.Passwd**)result))
            ?? new LocalUser($"{id}", id, id, "/", "/bin/sh");
    }

    internal static unsafe LocalUser? Find(string name) => name.Contains('\0', StringComparison.Ordinal)
        ? null
        : Find((entry, buffer, result) => Libc.UserByName(name, (Libc.Passwd*)entry, (byte*)buffer, BufferSize, (Libc.Passwd**)result));

    private static unsafe LocalUser? Find(Func<nint, nint, nint, int> query)
    {
        var buffer = NativeMemory.Alloc(BufferSize);
        try
        {
            Libc.Passwd entry;
            Libc.Passwd* result = null;
            return query((nint)(&entry), (nint)buffer, (nint)(&result)) == 0 && result != null
                ? new LocalUser(Text(result->Name), result->UserId, result->GroupId, Text(result->Home), Text(result->Shell))
                : null;
        }
        finally
        {
            NativeMemory.Free(buffer);
        }
    }

    private static unsafe string Text(byte* value) => Marshal.PtrToStringUTF8((nint)value) ?? "";
}
