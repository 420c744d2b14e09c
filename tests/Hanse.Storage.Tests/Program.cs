using Hanse.Storage.Tests.Instances;
using Xunit.Runner.InProc.SystemConsole;

namespace Hanse.Storage.Tests;

internal static class Program
{
    private static Task<int> Main(string[] arguments) =>
        arguments is [OwnerProcess.Verb, var folder] ? OwnerProcess.RunAsync(folder) : ConsoleRunner.Run(arguments);
}
