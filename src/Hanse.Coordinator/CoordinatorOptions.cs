using Hanse.Authority.Issuing;
using Hanse.Authority.Serving;
using Hanse.Trust.Dialing;

namespace Hanse.Coordinator;

/// <summary>What a coordinator's process is told.</summary>
public sealed record CoordinatorOptions
{
    /// <summary>Holds this replica's issuing key and certificate. Made with mode 0700.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The key file of T7, the same for each replica; made at the first start of a federation.</summary>
    public required string KeyFile { get; init; }

    /// <summary>Names under which nodes and people reach it.</summary>
    public required ServerNames Names { get; init; }

    /// <summary>Where sites dial it, in order; handed out in join strings.</summary>
    public required IReadOnlyList<NodeAddress> Addresses { get; init; }

    /// <summary>Shown under every name but the link names (T8); null: the coordinator's own certificate.</summary>
    public CustomCertificate? Certificate { get; init; }

    public LifetimeOptions Lifetimes { get; init; } = new();

    /// <summary>How long after deadline and timeout an outcome may still be on its way before <c>unknown</c> is written (D2).</summary>
    public TimeSpan CommandGrace { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>When in the night, UTC, the directory is compared with the sites, spread over the hour that follows.</summary>
    public TimeOnly ReconcileAt { get; init; } = new(3, 0);
}
