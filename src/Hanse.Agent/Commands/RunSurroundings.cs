using Hanse.Agent.Commands.Journal;
using Hanse.Agent.Logging;
using Hanse.Agent.Native;

namespace Hanse.Agent.Commands;

/// <summary>What every run of an agent shares.</summary>
/// <param name="CgroupRoot">Where cgroups may be made; null where none may.</param>
/// <param name="ScratchRoot">Where scripts of other users lie: a folder that any account can pass through.</param>
internal sealed record RunSurroundings(
    ExecutionJournal Journal, ExecutionOptions Options, TimeProvider Time, IBootClock Boot, AgentLog Log, string? CgroupRoot, string ScratchRoot);
