namespace Hanse.Architecture.Tests.Tree;

/// <summary>One broken rule: where, and what to do about it.</summary>
internal sealed record Violation(string Path, string Message)
{
    public override string ToString() => $"{Path}: {Message}";
}
