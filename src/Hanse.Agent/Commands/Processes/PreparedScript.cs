using Hanse.Agent.Native;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Commands.Processes;

/// <summary>A script that was checked against this host: its user and its program exist.</summary>
/// <param name="Program">Absolute path of the interpreter, or of the program itself.</param>
/// <param name="SwitchUser">It runs as another account than the agent.</param>
internal sealed record PreparedScript(Script Script, LocalUser User, string Program, bool SwitchUser, TimeSpan Timeout, long OutputLimit);
