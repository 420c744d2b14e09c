namespace Hanse.Trust.Renewal;

/// <summary>Whether a certificate's renewal stands as it should. Every node renews between 40 and 60 percent of a life and tries again within an hour, so one that
/// is still in use at seven tenths was tried and could not be renewed: that is the time to look, not its end. Pure.</summary>
public static class RenewalHealth
{
    private const double OverdueShare = 0.7;

    /// <summary>From then on the certificate should long have been replaced.</summary>
    public static DateTimeOffset OverdueFrom(DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        var made = notBefore + RenewalPlanner.Backdating;
        return notAfter > made ? made + ((notAfter - made) * OverdueShare) : notAfter;
    }

    public static bool IsOverdue(DateTimeOffset notBefore, DateTimeOffset notAfter, DateTimeOffset now) => now >= OverdueFrom(notBefore, notAfter);
}
