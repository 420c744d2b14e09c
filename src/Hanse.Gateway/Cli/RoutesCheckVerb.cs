using Hanse.Gateway.Routes;

namespace Hanse.Gateway.Cli;

/// <summary><c>hanse-gateway routes check FILE</c>: every problem with its line and key, or how many routes the file has.</summary>
internal static class RoutesCheckVerb
{
    internal static int Run(string path, Terminal terminal)
    {
        var (file, problems) = RouteFile.Load(path);
        foreach (var problem in problems)
        {
            terminal.Error.WriteLine(problem);
        }

        if (file is null)
        {
            return terminal.Fail(ExitCode.Failed, $"{path} is not in order: {problems.Count} problem(s), listed above.");
        }

        var names = file.Routes.Sum(r => r.ServerNames.Count);
        terminal.Out.WriteLine($"{path} is in order: {file.Routes.Count} route(s), {names} server name(s), {file.Routes.Sum(r => r.Addresses.Count)} address(es).");
        return ExitCode.Done;
    }
}
