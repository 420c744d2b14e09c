namespace Hanse.Coordinator.Hosts.Reconciling;

/// <summary>A comparison that did not come to its end; <see cref="Code"/> is of the catalogue.</summary>
internal sealed class ReconcileException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
