namespace Hanse.Server.Configuration;

/// <summary>Options are there only when nothing is wrong. Sources say where each key that was set comes from. Warnings are
/// HANSE_… variables that are no key: they may belong to something else, so they stop nothing.</summary>
internal sealed record ConfigurationResult(
    HanseOptions? Options,
    IReadOnlyList<ConfigurationProblem> Problems,
    IReadOnlyDictionary<string, string> Sources,
    IReadOnlyList<string> Warnings);
