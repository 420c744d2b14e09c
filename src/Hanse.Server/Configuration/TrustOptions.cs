namespace Hanse.Server.Configuration;

/// <summary>How long certificates live (T3). Each is renewed at about half of its life; none outlives its issuer.</summary>
public sealed record TrustOptions
{
    public TimeSpan RootLifetime { get; init; } = TimeSpan.FromDays(3650);

    public TimeSpan IntermediateLifetime { get; init; } = TimeSpan.FromDays(365);

    public TimeSpan LeafLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long after its end a certificate still lets its node return (T6).</summary>
    public TimeSpan ReturnWindow { get; init; } = TimeSpan.FromDays(90);
}
