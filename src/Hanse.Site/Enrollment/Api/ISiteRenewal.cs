namespace Hanse.Site.Enrollment.Api;

/// <summary>The renewal of the site's intermediate, for whoever cannot wait for its hour.</summary>
public interface ISiteRenewal
{
    /// <summary>Begins a renewal now; asked again before it has begun, it is one.</summary>
    void RenewNow();
}
