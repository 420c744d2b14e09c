using System.Net;
using System.Text.Json;
using Hanse.Bench.Simulation.Machines;
using Hanse.TestKit;

namespace Hanse.Bench.Tests.Simulation.Machines;

public sealed class SimulatedInventoryTests
{
    private const int Count = 1_000;
    private readonly PackageLists _lists = new();

    [Fact]
    public void Machines_ofOneSite_differAsRealOnesDo()
    {
        var machines = Enumerable.Range(0, Count).Select(n => new SimulatedMachine(n, "north", 0)).ToList();

        Assert.Equal(Count, machines.Select(m => m.Hostname).Distinct().Count());
        Assert.Equal(Count, machines.Select(m => m.Address).Distinct().Count());
        Assert.Equal(Count, machines.Select(m => m.MachineId).Distinct().Count());
        Assert.InRange(machines.Select(m => m.Distribution.PrettyName).Distinct().Count(), 8, 20);
        Assert.InRange(machines.Select(m => m.Kernel).Distinct().Count(), 20, 100);
        Assert.InRange(machines.Select(m => m.Role.Name).Distinct().Count(), 10, 20);
        Assert.All(machines, m => Assert.True(IPAddress.TryParse(m.Address, out _), m.Address));
    }

    [Fact]
    public void Machine_madeAgain_isTheSame()
    {
        var (first, again, elsewhere) = (new SimulatedMachine(7, "north", 0), new SimulatedMachine(7, "north", 0), new SimulatedMachine(7, "south", 1));

        Assert.Equal((first.Hostname, first.MachineId, first.Kernel, first.Address), (again.Hostname, again.MachineId, again.Kernel, again.Address));
        Assert.NotEqual(first.MachineId, elsewhere.MachineId);
        Assert.NotEqual(first.Address, elsewhere.Address);
    }

    [Fact]
    public async Task Collect_everySection_isWellFormedAndStaysTheSame()
    {
        for (var number = 0; number < 100; number++)
        {
            var inventory = new SimulatedInventory(new SimulatedMachine(number, "north", 0), _lists, new ManualClock());
            var sections = await inventory.CollectAsync(CancellationToken.None);
            var again = await inventory.CollectAsync(CancellationToken.None);

            Assert.Equal(
                ["system", "hardware", "disks", "network", "packages", "services", "users", "ports", "certificates", "updates"], sections.Select(s => s.Name));
            Assert.All(sections, s => JsonDocument.Parse(s.Body).Dispose());
            Assert.Equal(sections.Select(s => Convert.ToHexString(s.Hash)), again.Select(s => Convert.ToHexString(s.Hash)));
        }
    }

    [Fact]
    public async Task Collect_machinesOfOneImage_shareTheirPackages()
    {
        var bodies = new HashSet<byte[]>(ReferenceEqualityComparer.Instance);
        var different = new HashSet<string>(StringComparer.Ordinal);
        for (var number = 0; number < Count; number++)
        {
            var sections = await new SimulatedInventory(new SimulatedMachine(number, "north", 0), _lists, new ManualClock()).CollectAsync(CancellationToken.None);
            var packages = sections.Single(s => s.Name == "packages");
            bodies.Add(packages.Body);
            different.Add(Convert.ToHexString(packages.Hash));
        }

        Assert.Equal(different.Count, bodies.Count);
        Assert.InRange(different.Count, 50, Count - 1);
    }
}
