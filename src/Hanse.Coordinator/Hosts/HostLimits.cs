namespace Hanse.Coordinator.Hosts;

/// <summary>What one row of the directory may hold. Detail without limits stays at the site.</summary>
internal static class HostLimits
{
    public const int Hostname = 253;
    public const int Label = 128;
    public const int Tag = 64;
    public const int Tags = 64;
}
