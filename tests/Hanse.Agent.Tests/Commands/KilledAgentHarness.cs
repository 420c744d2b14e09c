using System.Runtime.CompilerServices;
using Hanse.Protocol.Ids;

namespace Hanse.Agent.Tests.Commands;

/// <summary>This test program, started again with a folder in its environment, becomes an agent's runner that takes one script and waits to be
/// killed. It acts before the test framework's own entry point.</summary>
internal static class KilledAgentHarness
{
    internal const string FolderVariable = "HANSE_TEST_RUNNER_FOLDER";
    internal const string ScriptVariable = "HANSE_TEST_RUNNER_SCRIPT";
    internal const string CommandVariable = "HANSE_TEST_RUNNER_COMMAND";
    internal const string PlainVariable = "HANSE_TEST_RUNNER_PLAIN";

    [ModuleInitializer]
    internal static void RunIfAsked()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is not { } folder)
        {
            return;
        }

        var options = RunnerRig.Quick with { WithoutCgroups = Environment.GetEnvironmentVariable(PlainVariable) == "1" };
        var rig = RunnerRig.OpenAsync(options, folder).GetAwaiter().GetResult();
        rig.Runner.Offer(RunnerRig.Shell(
            Environment.GetEnvironmentVariable(ScriptVariable)!, CommandId.Parse(Environment.GetEnvironmentVariable(CommandVariable)!)));
        new ManualResetEventSlim().Wait();
    }
}
