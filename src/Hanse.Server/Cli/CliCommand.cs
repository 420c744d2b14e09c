using System.CommandLine;

namespace Hanse.Server.Cli;

/// <summary>A verb with examples, which its <c>--help</c> shows.</summary>
internal sealed class CliCommand(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples { get; } = examples;
}
