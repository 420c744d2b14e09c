using Hanse.Trust.Verification;

namespace Hanse.Authority.Issuing;

/// <summary>How long certificates live (T3). Down to seconds, for tests; a leaf never outlives its issuer, whatever is set here.</summary>
public sealed record LifetimeOptions
{
    public TimeSpan Root { get; init; } = TimeSpan.FromDays(3652);

    public TimeSpan Intermediate { get; init; } = TimeSpan.FromDays(365);

    public TimeSpan Leaf { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long after its end a certificate still lets its node return by its old key (T6).</summary>
    public TimeSpan ReturnWindow { get; init; } = PeerExpectation.DefaultReturnWindow;

    /// <summary>What is wrong with these values, in words that name the key; empty if nothing is.</summary>
    public IEnumerable<string> Validate()
    {
        foreach (var (key, value) in new[] { ("rootLifetime", Root), ("intermediateLifetime", Intermediate), ("leafLifetime", Leaf) })
        {
            if (value < TimeSpan.FromSeconds(2) || value > TimeSpan.FromDays(36525))
            {
                yield return $"trust.{key} must lie between 2 seconds and 100 years.";
            }
        }

        if (ReturnWindow < TimeSpan.Zero || ReturnWindow > TimeSpan.FromDays(36525))
        {
            yield return "trust.returnWindow must lie between 0 and 100 years.";
        }

        if (Leaf > Intermediate || Intermediate > Root)
        {
            yield return "trust.leafLifetime must not exceed trust.intermediateLifetime, nor that trust.rootLifetime.";
        }
    }
}
