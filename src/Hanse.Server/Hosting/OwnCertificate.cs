using Hanse.Authority.Serving;

namespace Hanse.Server.Hosting;

/// <summary>What the operator gave in place of a role's own certificate (T8).</summary>
internal static partial class OwnCertificate
{
    /// <summary>Null where neither file is set.</summary>
    /// <param name="role">Whose keys these are, as the configuration names it.</param>
    /// <param name="certificateFile">PEM, the server's certificate first.</param>
    /// <param name="keyFile">Its key.</param>
    /// <param name="logging">Told what cannot be used.</param>
    /// <exception cref="InvalidDataException">One of the two is missing, or they cannot be used.</exception>
    public static CustomCertificate? Open(string role, string? certificateFile, string? keyFile, ILoggerFactory logging)
    {
        if (certificateFile is null || keyFile is null)
        {
            return certificateFile is null && keyFile is null
                ? null
                : throw new InvalidDataException($"{role}.tlsCertificateFile and {role}.tlsKeyFile belong together: set both, or neither.");
        }

        var custom = CustomCertificate.Open(certificateFile, keyFile, TimeProvider.System);
        var logger = logging.CreateLogger("Hanse.Server.Tls");
        custom.Refused += problem => LogRefused(logger, problem);
        return custom;
    }

    [LoggerMessage(1, LogLevel.Error, "{Problem}")]
    private static partial void LogRefused(ILogger logger, string problem);
}
