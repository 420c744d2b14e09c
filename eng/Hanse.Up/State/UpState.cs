namespace Hanse.Up.State;

/// <summary>What is remembered between runs: ports, once chosen, are kept, because join strings and certificates name them.</summary>
internal sealed record UpState
{
    public int Version { get; init; } = 1;

    public IReadOnlyDictionary<string, int> Ports { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    public IReadOnlyList<string> Sites { get; init; } = [];

    public int Simulate { get; init; }

    /// <summary>A gateway stands in front of the sites.</summary>
    public bool Gateway { get; init; }

    /// <summary>The administrator's password was made, shown, and used to store the profile.</summary>
    public bool HasPassword { get; init; }

    /// <summary>This machine's agent has joined.</summary>
    public bool HasAgent { get; init; }

    public IReadOnlyList<StartedProcess> Processes { get; init; } = [];

    public StartedProcess? Find(string role, string name) => Processes.FirstOrDefault(p => p.Role == role && p.Name == name);

    public UpState With(StartedProcess process) =>
        this with { Processes = [.. Processes.Where(p => p.Role != process.Role || p.Name != process.Name), process] };
}
