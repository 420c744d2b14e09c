using Hanse.Server.Cli;
using Hanse.Server.Hosting;

return await CommandLine.RunAsync(args, CliContext.OfProcess(new ServerHost()));
