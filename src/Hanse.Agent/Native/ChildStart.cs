namespace Hanse.Agent.Native;

/// <summary>What to start: an absolute path, its arguments (without the program's own name) and its whole environment.</summary>
/// <param name="Gated">The child's stdin is a pipe held by <see cref="ChildProcess.Release"/>; otherwise it is /dev/null.</param>
internal sealed record ChildStart(
    string Path,
    IReadOnlyList<string> Arguments,
    IReadOnlyList<KeyValuePair<string, string>> Environment,
    bool Gated = false);
