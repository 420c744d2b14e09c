using System.Runtime.InteropServices;
using Hanse.Server.Hosting;

namespace Hanse.Server.Tests.Hosting;

/// <summary>What a context of this process's own OpenSSL is made with; what it saves is for <c>./bench site</c> to say.</summary>
public sealed partial class TlsBuffersTests
{
    private const int ModeCommand = 33;
    private const nint ReleaseMode = 0x10;

    [Fact]
    public void Given_a_context_made_before_When_buffers_are_to_be_released_Then_each_context_from_then_on_does()
    {
        using var before = new Context();

        Assert.Null(TlsBuffers.ReleaseWhenEmpty());

        using var after = new Context();
        Assert.Equal(0, before.Mode & ReleaseMode); // the other side: that OpenSSL does not by itself
        Assert.Equal(ReleaseMode, after.Mode & ReleaseMode);
    }

    private sealed class Context : IDisposable
    {
        private readonly nint _context = New(Method());

        public nint Mode => Control(_context, ModeCommand, 0, 0);

        public void Dispose() => Free(_context);
    }

    [LibraryImport(OpenSsl.Ssl, EntryPoint = "TLS_method")]
    private static partial nint Method();

    [LibraryImport(OpenSsl.Ssl, EntryPoint = "SSL_CTX_new")]
    private static partial nint New(nint method);

    [LibraryImport(OpenSsl.Ssl, EntryPoint = "SSL_CTX_free")]
    private static partial void Free(nint context);

    [LibraryImport(OpenSsl.Ssl, EntryPoint = "SSL_CTX_ctrl")]
    private static partial nint Control(nint context, int command, nint number, nint argument);
}
