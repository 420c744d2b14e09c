using System.Globalization;

namespace Hanse.Server.Cli.Gateways;

/// <summary>What a door's first answer says of its route and of what is behind it. Pure. The answers of a gateway are those of docs/components/gateway-relay.md.</summary>
internal static class DoorDiagnosis
{
    private const int DecodeError = 50;
    private const int InternalError = 80;
    private const int UnrecognizedName = 112;

    private const string AskForRoute =
        "Ask the coordinator: `hanse site show` has the site's external names, `hanse gateway show` the routes, the snapshot in use and the sites that the gateway leads to.";

    /// <summary>A reset, an end and silence may come from the door or from behind it: only how it answers a name that nobody has tells which.</summary>
    public static bool NeedsSecondOpinion(DoorAnswer answer) => answer.Word is FirstWord.End or FirstWord.Reset or FirstWord.Silence;

    /// <param name="address">The door.</param>
    /// <param name="name">The server name that was asked for.</param>
    /// <param name="answer">What came first.</param>
    /// <param name="nobody">What came first for a name that nobody has; null where that was not asked.</param>
    public static (DoctorStep Route, DoctorStep Upstream) Judge(string address, string name, DoorAnswer answer, DoorAnswer? nobody) => answer switch
    {
        { Word: FirstWord.ServerHello } => (Routed(address, $"{name} is let through"), DoctorStep.Ok(DoctorSteps.Upstream, address, "a server answers TLS")),
        { Word: FirstWord.Alert, Alert: UnrecognizedName } => NoRoute(
            address, $"the door has no route for {name} (TLS alert unrecognized_name)", AskForRoute),
        { Word: FirstWord.Alert, Alert: DecodeError } => NoRoute(
            address, "the door could not read the ClientHello (TLS alert decode_error)", "Something on the way changes what passes: look for a proxy or a firewall that inspects TLS."),
        { Word: FirstWord.Alert, Alert: InternalError } => (Routed(address, $"the door knows {name}"), Down(
            address, "no address of the site answered the door (TLS alert internal_error)",
            "Is the site up, and does the firewall inside let the gateway reach its addresses? `hanse gateway show` counts failed dials and refusals of the route; at its limit of connections it answers the same.")),
        { Word: FirstWord.Alert } => (Routed(address, $"{name} is let through"), Down(
            address, $"the server refused the handshake (TLS alert {answer.Alert.ToString(CultureInfo.InvariantCulture)})",
            "A Hanse site takes TLS 1.2 and 1.3 under its own names. Is this server one? See its log.")),
        { Word: FirstWord.NotTls } => NoRoute(
            address, $"what answers is no TLS: \"{answer.Text}\"", "Another program has this port, or a proxy answers in the door's place. Check the address and the port."),
        _ when nobody is { Word: FirstWord.Alert, Alert: UnrecognizedName } => (Routed(address, $"the door knows {name}: a name that nobody has it refuses in another way"), Down(
            address, $"behind it the connection {Fate(answer)}",
            "The site's address leads to something that does not answer as a site. Check the address at `hanse site show`, and the site's log.")),
        _ => NoRoute(
            address, $"the connection {Fate(answer)} after the ClientHello{(nobody?.Word == answer.Word ? ", whatever the name" : "")}",
            "A gateway resets what is over its limits of connections; a firewall may cut TLS by its name. If this is no gateway, it serves no TLS here."),
    };

    private static string Fate(DoorAnswer answer) => answer.Word switch
    {
        FirstWord.Reset => "is reset",
        FirstWord.End => "is closed",
        _ => "stays silent",
    };

    private static DoctorStep Routed(string address, string found) => DoctorStep.Ok(DoctorSteps.Route, address, found);

    private static DoctorStep Down(string address, string found, string advice) => DoctorStep.Failed(DoctorSteps.Upstream, address, found, advice);

    private static (DoctorStep, DoctorStep) NoRoute(string address, string found, string advice) =>
        (DoctorStep.Failed(DoctorSteps.Route, address, found, advice), DoctorStep.Skipped(DoctorSteps.Upstream, address, GatewayDoctor.StepBefore));
}
