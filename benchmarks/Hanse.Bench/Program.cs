using Hanse.Bench.AtRest;
using Hanse.Bench.Audit;
using Hanse.Bench.Directory;
using Hanse.Bench.Gateway;
using Hanse.Bench.Gateway.Load;
using Hanse.Bench.Harness;
using Hanse.Bench.Links;
using Hanse.Bench.Outbox;
using Hanse.Bench.Simulation;

if (args is [SimulateVerb.Name, .. var rest])
{
    return await SimulateVerb.RunAsync(rest, Console.In, Console.Out, Console.Error);
}

if (args is [LoadVerb.Name, .. var load])
{
    return LoadVerb.Run(load);
}

if (args is [PeerServer.Verb])
{
    return await PeerServer.RunAsync();
}

// Every suite there is; each prints its own table.
IBenchSuite[] suites = [new DirectorySuite(), new ReconcileSuite(), new SiteSuite(), new ReconnectSuite(), new CommandSuite(), new AgentSuite(), new OutboxSuite(), new RotationSuite(), new AuditSuite(), new GatewaySuite()];
return await BenchRunner.RunAsync(suites, args);
