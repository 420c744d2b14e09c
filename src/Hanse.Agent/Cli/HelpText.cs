namespace Hanse.Agent.Cli;

/// <summary>What <c>--help</c> prints.</summary>
internal static class HelpText
{
    internal const string All = """
        hanse-agent: makes this machine a host of a Hanse site.

        Usage:
          hanse-agent join   [--data DIR] [--file FILE] [-o json]   join, or move to another site, with the join string of `hanse agent invite`
          hanse-agent run    [--data DIR] [options]                 run in the foreground until SIGTERM
          hanse-agent status [--data DIR] [-o json]                 show identity, certificate and link
          hanse-agent reset  [--data DIR] [--yes]                   forget the identity, for preparing an image

        Options:
          --data DIR                where identity and journal lie (default /var/lib/hanse-agent)
          --file FILE               read the join string from this file
          --inventory-interval D    between two collections (default 15m; only what changed is sent)
          --path-interval D         between two looks for a better way to the site than the one in use (default 1m)
          --concurrency N           scripts that run at once (default 4)
          --grace D                 between SIGTERM and SIGKILL (default 10s)
          --no-cgroups              end scripts by process group even where cgroups could be used
          -o, --output json|table   for programs or for people
          -h, --help                this text

        The join string is read from the prompt, from standard input or from a file, never from an argument.

        Examples:
          hanse agent invite --site north -o json | jq -r .joinString | hanse-agent join
          hanse-agent join --file /root/join.txt
          hanse-agent run --data /srv/agent --inventory-interval 5m
          hanse-agent status -o json

        Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not joined, 4 data folder in use, 5 refused by the site.
        """;
}
