namespace Hanse.Coordinator.Api;

internal sealed record HealthView(string Status);
