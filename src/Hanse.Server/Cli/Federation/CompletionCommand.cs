using System.CommandLine;

namespace Hanse.Server.Cli.Federation;

/// <summary>Prints a script that lets a shell ask <c>hanse [suggest:N] "line"</c> for what may come next.</summary>
internal static class CompletionCommand
{
    private const string Bash =
        """
        # hanse completion bash >> ~/.bashrc
        _hanse() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$(hanse "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _hanse hanse
        """;

    private const string Zsh =
        """
        # hanse completion zsh >> ~/.zshrc
        _hanse() {
          local -a found
          found=("${(@f)$(hanse "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
          compadd -a found
        }
        compdef _hanse hanse
        """;

    private const string Fish =
        """
        # hanse completion fish > ~/.config/fish/completions/hanse.fish
        complete -c hanse -f -a '(hanse "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'
        """;

    public static Command Build(CliContext cli)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new CliCommand("completion", "Prints the completion script of a shell.", "hanse completion bash >> ~/.bashrc") { shell };
        command.SetAction(parsed =>
        {
            cli.Out.WriteLine(parsed.GetRequiredValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return ExitCodes.Ok;
        });
        return command;
    }
}
