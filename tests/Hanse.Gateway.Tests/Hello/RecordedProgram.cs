namespace Hanse.Gateway.Tests.Hello;

/// <summary>A program whose ClientHello is recorded.</summary>
/// <param name="Key">Of the corpus.</param>
/// <param name="Program">Looked for in PATH.</param>
/// <param name="Arguments">One line as a shell reads it; <c>PORT</c> is the recorder's, <c>NAME</c> the server name <c>KEY.corpus.test</c>.</param>
internal sealed record RecordedProgram(string Key, string Program, string Arguments)
{
    private const string OpenSsl = "s_client -connect 127.0.0.1:PORT -servername NAME";
    private const string Curl = "-s -k --max-time 20 --connect-to ::127.0.0.1:PORT";
    private const string Chromium = "--headless --no-sandbox --disable-gpu --user-data-dir=FOLDER --host-resolver-rules='MAP * 127.0.0.1:PORT' --dump-dom";

    /// <summary>Given in the name's place, and what is then the name.</summary>
    internal string Name { get; init; } = $"{Key}.corpus.test";

    /// <summary>How the program tells its version.</summary>
    internal string VersionArguments => Program switch { "openssl" => "version", "node" => "-p \"'Node '+process.version+', OpenSSL '+process.versions.openssl\"", _ => "--version" };

    internal static IReadOnlyList<RecordedProgram> All { get; } =
    [
        new("openssl-default", "openssl", OpenSsl),
        new("openssl-tls10", "openssl", $"{OpenSsl} -tls1 -cipher DEFAULT@SECLEVEL=0"),
        new("openssl-tls12", "openssl", $"{OpenSsl} -tls1_2"),
        new("openssl-tls13", "openssl", $"{OpenSsl} -tls1_3"),
        new("openssl-alpn", "openssl", $"{OpenSsl} -alpn h2,http/1.1 -status"),
        new("openssl-groups", "openssl", $"{OpenSsl} -groups P-521:P-384:X448:X25519 -cipher ALL"),
        new("openssl-psk", "openssl", $"{OpenSsl} -tls1_3 -psk 0123456789abcdef -psk_identity host"),
        new("openssl-large", "openssl", $"{OpenSsl} -alpn {Protocols(40)}"),
        new("openssl-records", "openssl", $"{OpenSsl} -alpn {Protocols(40)} -max_send_frag 512"),
        new("openssl-no-name", "openssl", "s_client -connect 127.0.0.1:PORT -noservername") { Name = "" },
        new("openssl-upper", "openssl", "s_client -connect 127.0.0.1:PORT -servername OpenSSL-UPPER.Corpus.TEST"),
        new("openssl-dot", "openssl", "s_client -connect 127.0.0.1:PORT -servername NAME."),
        new("openssl-unicode", "openssl", "s_client -connect 127.0.0.1:PORT -servername bücher.corpus.test") { Name = "xn--bcher-kva.corpus.test" },
        new("node-post-quantum", "node", Node("{}")),
        new("node-hybrids", "node", Node("{ecdhCurve:'*X25519MLKEM768/*SecP384r1MLKEM1024'}")),
        new("node-tls12", "node", Node("{maxVersion:'TLSv1.2',ALPNProtocols:['http/1.1']}")),
        new("gnutls-default", "gnutls-cli", "--no-ca-verification --sni-hostname=NAME -p PORT 127.0.0.1"),
        new("gnutls-tls12", "gnutls-cli", "--no-ca-verification --priority NORMAL:-VERS-TLS1.3 --sni-hostname=NAME -p PORT 127.0.0.1"),
        new("curl-default", "curl", $"{Curl} https://NAME/"),
        new("curl-http1", "curl", $"{Curl} --http1.1 https://NAME/"),
        new("curl-tls12", "curl", $"{Curl} --tls-max 1.2 --no-alpn https://NAME/"),
        new("curl-dot", "curl", $"{Curl} https://NAME./"),
        new("curl-idna", "curl", $"{Curl} https://größe.corpus.test/") { Name = "xn--gre-6ka8i.corpus.test" },
        new("curl-address", "curl", "-s -k --max-time 20 https://127.0.0.1:PORT/") { Name = "" },
        new("chromium-default", "chromium-headless-shell", $"{Chromium} https://NAME/"),
        new("chromium-tls12", "chromium-headless-shell", $"{Chromium} --ssl-version-max=tls1.2 https://NAME/"),
        new("chromium-idna", "chromium-headless-shell", $"{Chromium} https://straße.corpus.test/") { Name = "xn--strae-oqa.corpus.test" },
        new("chromium-address", "chromium-headless-shell", "--headless --no-sandbox --disable-gpu --user-data-dir=FOLDER --dump-dom https://127.0.0.1:PORT/") { Name = "" },
    ];

    private static string Node(string options) =>
        $"-e \"require('tls').connect(Object.assign({{host:'127.0.0.1',port:PORT,servername:'NAME'}},{options})).on('error',()=>0)\"";

    /// <summary>Enough names of protocols to fill a hello.</summary>
    private static string Protocols(int count) => string.Join(',', Enumerable.Range(10, count).Select(i => $"protocol-{i}-of-a-client-that-speaks-many"));
}
