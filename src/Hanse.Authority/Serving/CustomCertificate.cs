using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Hanse.Authority.Serving;

/// <summary>
/// A server certificate of the operator's own, for browsers and the API, at a site also for its agents (T8): PEM with its chain, and its key in a file of its
/// own. Both are looked at again when they change, so that they are replaced without a restart. A replacement that cannot be used is told once and the
/// certificate in use stays. It proves a name and no more: who a node is its own certificate proves.
/// </summary>
public sealed class CustomCertificate
{
    private const UnixFileMode OthersMay = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly HashSet<(SslStreamCertificateContext Shown, string Name)> _uncovered = [];
    private string _stamp;
    private DateTimeOffset _looked;
    private SslStreamCertificateContext _context;

    private CustomCertificate(string certificateFile, string keyFile, TimeProvider time, SslStreamCertificateContext context) =>
        (_certificateFile, _keyFile, _time, _stamp, _looked, _context) = (certificateFile, keyFile, time, Stamp(certificateFile, keyFile), time.GetUtcNow(), context);

    /// <summary>Why the files as they are now cannot be used; null while they are in use.</summary>
    public string? Problem { get; private set; }

    /// <summary>Told each problem, once.</summary>
    public event Action<string>? Refused;

    /// <summary>For the next handshake.</summary>
    public SslStreamCertificateContext Context
    {
        get
        {
            lock (_gate)
            {
                if (_time.GetUtcNow() - _looked >= Look)
                {
                    _looked = _time.GetUtcNow();
                    Refresh();
                }

                return _context;
            }
        }
    }

    /// <summary>The same where the certificate covers a name of the node's; null, and told once, where it does not: then the node's own is shown.</summary>
    public SslStreamCertificateContext? For(string serverName)
    {
        var context = Context;
        if (context.TargetCertificate.MatchesHostname(serverName, allowWildcards: true, allowCommonName: false))
        {
            return context;
        }

        bool first;
        lock (_gate)
        {
            first = _uncovered.Add((context, serverName));
        }

        if (first)
        {
            Refused?.Invoke($"The certificate in {_certificateFile} does not cover {serverName}: under that name the node's own is shown. Get one that covers each external name and link. before it.");
        }

        return null;
    }

    /// <exception cref="InvalidDataException">The files cannot be used; the message says why and what to do.</exception>
    public static CustomCertificate Open(string certificateFile, string keyFile, TimeProvider time)
    {
        var (context, problem) = Load(certificateFile, keyFile, time.GetUtcNow());
        return context is null ? throw new InvalidDataException(problem) : new CustomCertificate(certificateFile, keyFile, time, context);
    }

    private void Refresh()
    {
        var stamp = Stamp(_certificateFile, _keyFile);
        if (stamp == _stamp)
        {
            return;
        }

        _stamp = stamp;
        var (context, problem) = Load(_certificateFile, _keyFile, _time.GetUtcNow());
        // One that was replaced may still be in a handshake, so it is not disposed.
        _context = context ?? _context;
        Problem = problem;
        if (problem is not null)
        {
            Refused?.Invoke($"{problem} The certificate in use stays.");
        }
    }

    private static (SslStreamCertificateContext? Context, string? Problem) Load(string certificateFile, string keyFile, DateTimeOffset now)
    {
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(keyFile) & OthersMay) is var open && open != 0)
            {
                return (null, $"The key file {keyFile} can be used by other accounts ({open}). Close it: chmod 600 {keyFile}");
            }

            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(File.ReadAllText(certificateFile));
            if (chain.Count == 0)
            {
                return (null, $"{certificateFile} holds no certificate in PEM form. Put the server's certificate first, then its chain.");
            }

            if (chain[0].NotAfter.ToUniversalTime() <= now)
            {
                return (null, $"The certificate in {certificateFile} ended at {chain[0].NotAfter.ToUniversalTime():u}. Get a new one.");
            }

            if (chain[0].NotBefore.ToUniversalTime() > now)
            {
                return (null, $"The certificate in {certificateFile} begins only at {chain[0].NotBefore.ToUniversalTime():u}. Is the clock right?");
            }

            var leaf = X509Certificate2.CreateFromPem(chain[0].ExportCertificatePem(), File.ReadAllText(keyFile));
            return (SslStreamCertificateContext.Create(leaf, [.. chain.Skip(1)], offline: true), null);
        }
        catch (Exception wrong) when (wrong is CryptographicException or ArgumentException)
        {
            return (null, $"The key in {keyFile} does not belong to the first certificate in {certificateFile}, or one of them is damaged. Both must be PEM, the key not encrypted.");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return (null, $"The certificate cannot be read: {refused.Message}");
        }
    }

    private static string Stamp(params string[] files) =>
        string.Join(';', files.Select(f => new FileInfo(f)).Select(f => f.Exists ? $"{f.LastWriteTimeUtc.Ticks}:{f.Length}:{Mode(f)}" : "none"));

    private static UnixFileMode Mode(FileInfo file) => OperatingSystem.IsWindows() ? 0 : file.UnixFileMode;
}
