using System.CommandLine;
using System.Text.Json.Nodes;
using Hanse.Server.Cli.Output;

namespace Hanse.Server.Cli;

/// <summary>How invitations of sites and agents are shown: the join string alone on standard output, so that it can be piped.</summary>
internal static class InvitationText
{
    public static int Print(ParseResult parsed, CliContext cli, JsonObject invitation)
    {
        if (parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json)
        {
            CliOutput.Json(cli, invitation);
            return ExitCodes.Ok;
        }

        cli.Error.WriteLine($"Join string, good until {invitation.Instant("expiresAt")}. It is a secret: whoever has it can join.");
        cli.Out.WriteLine(invitation.Text("joinString"));
        cli.Error.WriteLine("Paste it when this asks for it:");
        cli.Error.WriteLine($"  {invitation.Text("command")}");
        return ExitCodes.Ok;
    }

    /// <summary>Leaves out what was not given, so that the server's defaults hold.</summary>
    public static JsonObject WithoutNulls(this JsonObject body)
    {
        foreach (var name in body.Where(p => p.Value is null).Select(p => p.Key).ToArray())
        {
            body.Remove(name);
        }

        return body;
    }
}
