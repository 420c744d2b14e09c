using Hanse.Gateway.Cli;

return await GatewayProgram.RunAsync(args, Terminal.Real(), TimeProvider.System);
