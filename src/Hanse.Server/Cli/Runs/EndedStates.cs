namespace Hanse.Server.Cli.Runs;

/// <summary>Names of states that go on; every other one has ended (D2, D3).</summary>
internal static class EndedStates
{
    public static bool Has(string state) => state is not ("queued" or "delivered" or "running" or "in-progress" or "");
}
