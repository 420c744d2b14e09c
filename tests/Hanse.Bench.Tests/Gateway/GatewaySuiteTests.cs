using Hanse.Bench.Gateway;
using Hanse.Bench.Harness;

namespace Hanse.Bench.Tests.Gateway;

public sealed class GatewaySuiteTests
{
    [Fact]
    public async Task Run_smallAndWithoutPeers_measuresEveryCaseOfTheRealGateway()
    {
        using var output = new StringWriter();
        var (_, options, error) = BenchOptions.Parse(["--rounds", "1", "--links", "40", "--window", "100", "--after", "1", "--peers", "0"]);
        var table = new BenchTable(output);

        await new GatewaySuite().RunAsync(options, table, CancellationToken.None);
        table.Print();

        Assert.Null(error);
        string[] cases =
        [
            "bulk, 20 connections", "processor time a gigabyte", "1 connection, p50", "100 connections, p99", "new routed connections", "datagrams of 200 bytes", "lost of them",
            "memory of an idle relayed connection", "of the rise still held", "mis-routed kinds of legal hellos, of 15, hanse: 0 ",
            "mis-routed kinds of hellos that are not legal but seen, of 1, hanse: 0 ", "MiB of buffer for datagrams", "changes of routes: streams dropped: 0 ", "of them in force: 100 ",
            "processes that it took: 0 ", "upgrade in place: streams dropped: 0 ", "longest stall",
        ];
        Assert.All(cases, c => Assert.Contains(c, output.ToString(), StringComparison.Ordinal));
    }
}
