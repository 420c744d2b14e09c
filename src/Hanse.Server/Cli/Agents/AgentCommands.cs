using System.CommandLine;

namespace Hanse.Server.Cli.Agents;

internal static class AgentCommands
{
    public static Command Build(CliContext cli) => new("agent", "Invites agents.") { AgentInviteCommand.Build(cli) };
}
