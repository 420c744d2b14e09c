using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hanse.Server.Hosting;

/// <summary>Has OpenSSL give back a connection's two record buffers, 16 KiB each, whenever they are empty: a link is idle most of its life, and they were half of
/// what an idle agent cost its site. The platform has no setting for it (SSL_MODE_RELEASE_BUFFERS, SSL_CTX_set_mode(3)), but OpenSSL calls whoever
/// asked when it makes a TLS context (CRYPTO_get_ex_new_index(3); ADR 0017).</summary>
internal static unsafe partial class TlsBuffers
{
    private const int ContextClass = 1; // CRYPTO_EX_INDEX_SSL_CTX
    private const int ModeCommand = 33; // SSL_CTRL_MODE
    private const nint ReleaseMode = 0x10;

    /// <summary>For all TLS contexts that this process makes from now on; to be called once. Returns why buffers are still kept, which costs memory and
    /// nothing else; null when they are not.</summary>
    public static string? ReleaseWhenEmpty() => OpenSsl.Try(() =>
        // Looked for here: in the callback an exception would end the process.
        !NativeLibrary.TryGetExport(NativeLibrary.Load(OpenSsl.Ssl), "SSL_CTX_ctrl", out _) ? "this OpenSSL sets no modes"
        : OnNew(ContextClass, 0, 0, &Release, 0, 0) < 0 ? "OpenSSL calls nobody when it makes a context"
        : null);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Release(nint context, nint data, nint all, int index, nint number, nint argument) => Control(context, ModeCommand, ReleaseMode, 0);

    [LibraryImport(OpenSsl.Crypto, EntryPoint = "CRYPTO_get_ex_new_index")]
    private static partial int OnNew(int kind, nint number, nint argument, delegate* unmanaged[Cdecl]<nint, nint, nint, int, nint, nint, void> made, nint copied, nint freed);

    [LibraryImport(OpenSsl.Ssl, EntryPoint = "SSL_CTX_ctrl")]
    private static partial nint Control(nint context, int command, nint number, nint argument);
}
