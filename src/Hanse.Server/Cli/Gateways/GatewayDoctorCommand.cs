using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Hanse.Authority.Issuing;
using Hanse.Server.Cli.Connection;
using Hanse.Server.Cli.Output;
using Hanse.Trust.Dialing;

namespace Hanse.Server.Cli.Gateways;

/// <summary>Asks no coordinator: what it finds is what an agent outside finds.</summary>
internal static class GatewayDoctorCommand
{
    private const int DefaultPort = 443;

    public static Command Build(CliContext cli)
    {
        var name = new Argument<string>("NAME") { Description = $"External name of a site (or of the coordinator), with a port where it is not {DefaultPort}.", HelpName = "NAME[:PORT]" };
        var address = new Option<string[]>("--address")
        {
            Description = "A particular door to try in place of the name's own addresses. May be repeated.", HelpName = "HOST[:PORT]", DefaultValueFactory = _ => [],
        };
        var roots = KnownRoots.Option();
        var command = new CliCommand("doctor",
            "Explains, from where it runs, why agents do not reach a site through a door: name, TCP, route by server name, what is behind it, certificate and its chain, link. "
            + "It needs no login; the chain is judged by the roots that the profile has. Exits with 1 when a step fails.",
            "hanse gateway doctor north.example.org", "hanse gateway doctor north.example.org --address 203.0.113.7:443 -o json",
            "hanse gateway doctor north.example.org:8443 --roots roots.pem") { name, address, roots };
        command.SetAction(async (parsed, cancellation) =>
        {
            var own = Door(parsed.GetRequiredValue(name), DefaultPort);
            var question = new DoctorQuestion(LinkName(own.Host), parsed.GetValue(address) is { Length: > 0 } doors ? [.. doors.Select(d => Door(d, own.Port))] : [own]);
            var chain = new ChainCheck(KnownRoots.Read(parsed, cli, parsed.GetValue(roots)), cli.Clock);
            var json = parsed.GetValue(GlobalOptions.Output) == OutputFormat.Json;
            var steps = new List<DoctorStep>();
            await new GatewayDoctor(question, chain, cli.Clock, step =>
            {
                steps.Add(step);
                if (!json)
                {
                    cli.Out.WriteLine(Line(step));
                }
            }).ExamineAsync(cancellation);
            return Conclude(cli, question, steps, json);
        });
        return command;
    }

    /// <summary>Well is what has a way in, and no step that failed.</summary>
    private static int Conclude(CliContext cli, DoctorQuestion question, List<DoctorStep> steps, bool json)
    {
        var ok = steps.TrueForAll(s => s.Result != StepResult.Failed) && steps.Exists(s => s is { Step: DoctorSteps.Link, Result: StepResult.Ok });
        if (json)
        {
            CliOutput.Json(cli, new JsonObject
            {
                ["serverName"] = question.ServerName, ["ok"] = ok,
                ["steps"] = new JsonArray([.. steps.Select(s => (JsonNode)new JsonObject
                {
                    ["step"] = s.Step, ["address"] = s.Address, ["result"] = Word(s.Result), ["found"] = s.Found, ["advice"] = s.Advice.Length > 0 ? s.Advice : null,
                })]),
            });
        }

        return ok ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static string Line(DoctorStep step) => Field.Clean(
        $"{Word(step.Result),-7}  {step.Step,-11}  {step.Address}: {step.Found}.{(step.Advice.Length > 0 ? $" {step.Advice}" : "")}");

    private static string Word(StepResult result) => result switch { StepResult.Ok => "ok", StepResult.Failed => "failed", _ => "skipped" };

    private static NodeAddress Door(string text, int defaultPort) =>
        NodeAddress.TryParse(text, out var address) || NodeAddress.TryParse($"{text}:{defaultPort.ToString(CultureInfo.InvariantCulture)}", out address)
            ? address
            : throw new CliException(ExitCodes.Usage, $"'{text}' is neither a name nor an address.", "Write north.example.org, north.example.org:8443, 203.0.113.7:443 or [2001:db8::7]:443.");

    /// <summary>What agents ask for: the link name of the external name, which may be given itself.</summary>
    private static string LinkName(string host)
    {
        if (IPAddress.TryParse(host, out _))
        {
            throw new CliException(ExitCodes.Usage, $"{host} is an address, and gateways route by name.", $"Write: hanse gateway doctor north.example.org --address {host}");
        }

        var name = new IdnMapping().GetAscii(host.TrimEnd('.')).ToLowerInvariant();
        return name.StartsWith(ServerNames.LinkPrefix, StringComparison.Ordinal) ? name : ServerNames.LinkPrefix + name;
    }
}
