using System.Runtime.InteropServices;
using System.Text;

namespace Hanse.Server.Hosting;

/// <summary>Keeps OpenSSL from handing out session tickets over TLS 1.3. None of our nodes resumes a session (ADR 0001), yet each full handshake makes two
/// tickets, and for each the client's certificate is encoded and decoded again, an eighth of what a link cost a site. The platform has no setting for it,
/// so the process goes on with the system's OpenSSL configuration plus <c>NumTickets = 0</c> (SSL_CONF_cmd(3), config(5); ADR 0013).</summary>
internal static partial class SessionTickets
{
    /// <summary>To be called before the first TLS connection. Returns why tickets are still handed out, which costs time and nothing else; null when they are not.</summary>
    public static string? Stop() => OpenSsl.Try(() =>
    {
        var why = Apply(SystemConfiguration());
        ClearErrors(); // whoever looks next must not find ours
        return why;
    });

    /// <summary>What includes a configuration and adds one command to the section that all TLS of the process starts from.</summary>
    /// <param name="file">The configuration so far; null if there is none.</param>
    /// <param name="ssl">The section of its module ssl_conf, if it has one.</param>
    /// <param name="defaults">The section for all TLS contexts, if it has one.</param>
    internal static string Extend(string? file, string? ssl, string? defaults) =>
        $"""
        {(file is null ? "" : $".include = {file}")}
        [default]
        openssl_conf = hanse_modules
        [hanse_modules]
        ssl_conf = {ssl ?? "hanse_ssl"}
        [{ssl ?? "hanse_ssl"}]
        system_default = {defaults ?? "hanse_tls"}
        [{defaults ?? "hanse_tls"}]
        NumTickets = 0

        """;

    private static string SystemConfiguration()
    {
        var name = DefaultFile();
        var configuration = NewConfiguration(0);
        try
        {
            var file = Marshal.PtrToStringUTF8(name);
            if (file is null || Load(configuration, file, out _) <= 0)
            {
                return Extend(null, null, null); // there is none, as for the platform
            }

            var modules = Text(configuration, null, "openssl_conf");
            var ssl = modules is null ? null : Text(configuration, modules, "ssl_conf");
            return Extend(file, ssl, ssl is null ? null : Text(configuration, ssl, "system_default"));
        }
        finally
        {
            FreeConfiguration(configuration);
            Free(name, "", 0);
        }
    }

    private static unsafe string? Apply(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            var buffer = NewBuffer(start, bytes.Length);
            var configuration = NewConfiguration(0);
            try
            {
                return LoadBuffer(configuration, buffer, out var line) <= 0 ? $"OpenSSL does not read its own configuration with our line added (line {line})"
                    : LoadModules(configuration, null, 0) <= 0 ? "OpenSSL did not take its configuration with our line added"
                    : null;
            }
            finally
            {
                FreeConfiguration(configuration);
                _ = FreeBuffer(buffer);
            }
        }
    }

    private static string? Text(nint configuration, string? group, string name) => Marshal.PtrToStringUTF8(GetString(configuration, group, name));

    [LibraryImport(OpenSsl.Crypto, EntryPoint = "CONF_get1_default_config_file")]
    private static partial nint DefaultFile();

    [LibraryImport(OpenSsl.Crypto, EntryPoint = "CRYPTO_free", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void Free(nint memory, string file, int line);

    [LibraryImport(OpenSsl.Crypto, EntryPoint = "NCONF_new")]
    private static partial nint NewConfiguration(nint method);

    [LibraryImport(OpenSsl.Crypto, EntryPoint = "NCONF_free")]
    private static partial void FreeConfiguration(nint configuration);

    [LibraryImport(OpenSsl.Crypto, EntryPoint = "NCONF_load", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Load(nint configuration, string file, out nint line);

    [LibraryImport(OpenSsl.Crypto, EntryPoint = "NCONF_load_bio")]
    private static partial int LoadBuffer(nint configuration, nint buffer, out nint line);

    [LibraryImport(OpenSsl.Crypto, EntryPoint = "NCONF_get_string", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetString(nint configuration, string? group, string name);

    [LibraryImport(OpenSsl.Crypto, EntryPoint = "CONF_modules_load", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LoadModules(nint configuration, string? application, nuint flags);

    [LibraryImport(OpenSsl.Crypto, EntryPoint = "BIO_new_mem_buf")]
    private static unsafe partial nint NewBuffer(byte* start, int length);

    [LibraryImport(OpenSsl.Crypto, EntryPoint = "BIO_free")]
    private static partial int FreeBuffer(nint buffer);

    [LibraryImport(OpenSsl.Crypto, EntryPoint = "ERR_clear_error")]
    private static partial void ClearErrors();
}
