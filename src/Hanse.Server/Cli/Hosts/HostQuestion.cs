namespace Hanse.Server.Cli.Hosts;

/// <summary>What cannot be undone is asked for, or said beforehand with <c>--yes</c>.</summary>
internal static class HostQuestion
{
    public static void Ask(CliContext cli, bool yes, string question)
    {
        if (yes)
        {
            return;
        }

        if (!cli.IsInteractive)
        {
            throw new CliException(ExitCodes.Usage, "this cannot be undone, and nobody is there to ask.", "Say --yes.");
        }

        if (!cli.Confirm(question))
        {
            throw new CliException(ExitCodes.Failed, "nothing was done.");
        }
    }
}
