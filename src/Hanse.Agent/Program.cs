using Hanse.Agent.Cli;
using Hanse.Agent.Native;

// Whoever started us may ignore SIGCHLD, and the exit codes of our children would be lost. Before anything that handles signals.
_ = Libc.Signal(Libc.SigChild, 0);
ProcessMemory.Limit();
return await AgentProgram.RunAsync(args, Terminal.Real(), TimeProvider.System);
