using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Hanse.Link.Dialing;
using Hanse.Trust.Dialing;

namespace Hanse.Server.Cli.Gateways;

/// <summary>
/// Walks the way of an agent to its site from the outside in, and tells each step as it was taken: (1) the name, then at each address that it has
/// (2) TCP, (3) the route by server name, (4) what is behind it, (5) its certificate, (6) the certificate's chain, (7) the link. Nothing secret is sent,
/// and no right is needed anywhere.
/// </summary>
internal sealed class GatewayDoctor(DoctorQuestion question, ChainCheck chain, TimeProvider clock, Action<DoctorStep> tell)
{
    public const string StepBefore = "the step before failed";
    private const int MostAddresses = 16;
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // RFC 2606: nobody has it, and only a default route would let it through.
    private const string Nobody = "nobody.invalid";

    public async Task ExamineAsync(CancellationToken cancellation)
    {
        foreach (var door in question.Doors)
        {
            foreach (var address in await ResolveAsync(door, cancellation))
            {
                await WalkAsync(new IPEndPoint(address, door.Port), cancellation);
            }
        }
    }

    private async Task<IPAddress[]> ResolveAsync(NodeAddress door, CancellationToken cancellation)
    {
        if (IPAddress.TryParse(door.Host, out var literal))
        {
            tell(DoctorStep.Skipped(DoctorSteps.Dns, door.ToString(), "an address was given"));
            return [literal];
        }

        try
        {
            var found = await Dns.GetHostAddressesAsync(door.Host, cancellation).WaitAsync(Patience, clock, cancellation);
            tell(DoctorStep.Ok(DoctorSteps.Dns, door.Host, string.Join(", ", found.Take(MostAddresses).Select(a => a.ToString()))
                + (found.Length > MostAddresses ? $" and {(found.Length - MostAddresses).ToString(CultureInfo.InvariantCulture)} more, which are not tried" : "")));
            return [.. found.Take(MostAddresses)];
        }
        catch (Exception failed) when (failed is SocketException or TimeoutException)
        {
            var missing = failed is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData };
            tell(DoctorStep.Failed(DoctorSteps.Dns, door.Host, missing ? "there is no address of this name" : $"the name server does not answer ({failed.Message})",
                missing ? "Give the name an A or AAAA record that leads to the gateway; --address HOST:PORT tries a door without it." : "Check this machine's name server; --address HOST:PORT tries a door without it."));
            Skip(DoctorSteps.Dns, door.Host);
            return [];
        }
    }

    private async Task WalkAsync(IPEndPoint door, CancellationToken cancellation)
    {
        var address = door.ToString();
        if (await ConnectAsync(door, cancellation) is not { } socket)
        {
            return;
        }

        await using var handshake = await DoorHandshake.RunAsync(socket, question.ServerName, Patience, clock, cancellation);
        var nobody = DoorDiagnosis.NeedsSecondOpinion(handshake.Answer) ? await AskForNobodyAsync(door, cancellation) : null;
        var (route, upstream) = DoorDiagnosis.Judge(address, question.ServerName, handshake.Answer, nobody);
        tell(route);
        upstream = upstream.Result == StepResult.Ok && handshake.Fault is { } fault
            ? DoctorStep.Failed(DoctorSteps.Upstream, address, $"the server's handshake fails: {fault}", "A Hanse site takes TLS 1.2 and 1.3, and needs no client certificate for that. Is this server one? See its log.")
            : upstream;
        tell(upstream);
        if (upstream.Result != StepResult.Ok || handshake.Shown is not { } shown)
        {
            Skip(DoctorSteps.Upstream, address);
            return;
        }

        tell(CertificateDiagnosis.Judge(address, question.ServerName, shown, clock.GetUtcNow()));
        tell(await chain.JudgeAsync(address, question.ServerName, shown, cancellation));
        tell(await LinkAsync(address, handshake, cancellation));
    }

    /// <summary>Null if it was told that there is no connection.</summary>
    private async Task<Socket?> ConnectAsync(IPEndPoint door, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        var (socket, failure) = await DialAsync(door, cancellation);
        var address = door.ToString();
        if (socket is not null)
        {
            tell(DoctorStep.Ok(DoctorSteps.Tcp, address, $"connected in {clock.GetElapsedTime(began).TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} ms"));
            return socket;
        }

        if (failure == SocketError.NetworkUnreachable && door.AddressFamily == AddressFamily.InterNetworkV6)
        {
            tell(DoctorStep.Skipped(DoctorSteps.Tcp, address, "this machine has no way to IPv6 addresses"));
            return null;
        }

        tell(failure switch
        {
            SocketError.ConnectionRefused => DoctorStep.Failed(DoctorSteps.Tcp, address, "connection refused",
                "Nothing listens there. Does hanse-gateway run (`systemctl status hanse-gateway`), on this port, and is it not drained (`hanse gateway show`)?"),
            SocketError.TimedOut => DoctorStep.Failed(DoctorSteps.Tcp, address, $"no answer within {ConnectPatience.TotalSeconds:0} s",
                "A firewall on the way drops it, or the machine is off: docs/operations/gateway.md has the rules of the firewall."),
            _ => DoctorStep.Failed(DoctorSteps.Tcp, address, new SocketException((int)failure).Message, "There is no way to this address from here. Is it the one that the world is to use?"),
        });
        Skip(DoctorSteps.Tcp, address);
        return null;
    }

    private async Task<(Socket?, SocketError)> DialAsync(IPEndPoint door, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(ConnectPatience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        var socket = new Socket(door.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(door, either.Token);
            return (socket, SocketError.Success);
        }
        catch (Exception failed) when (failed is SocketException || (failed is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            socket.Dispose();
            return (null, (failed as SocketException)?.SocketErrorCode ?? SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<DoorAnswer?> AskForNobodyAsync(IPEndPoint door, CancellationToken cancellation)
    {
        var (socket, _) = await DialAsync(door, cancellation);
        if (socket is null)
        {
            return null;
        }

        await using var handshake = await DoorHandshake.RunAsync(socket, Nobody, Patience, clock, cancellation);
        return handshake.Answer;
    }

    private async Task<DoctorStep> LinkAsync(string address, DoorHandshake handshake, CancellationToken cancellation)
    {
        const string advice = "Another server answers under this name. Is the site's address that of its Hanse server (`hanse site show`)?";
        using var late = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            var answer = await LinkProbe.AskAsync(handshake.Stream, question.ServerName, clock, either.Token);
            return answer.IsLink
                ? DoctorStep.Ok(DoctorSteps.Link, address, $"a Hanse server answers; it refuses one without a certificate, as it must ({answer.Said})")
                : DoctorStep.Failed(DoctorSteps.Link, address, answer.Said.TrimEnd('.'), advice);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return DoctorStep.Failed(DoctorSteps.Link, address, $"no answer within {Patience.TotalSeconds:0} s", advice);
        }
    }

    private void Skip(string failed, string address)
    {
        foreach (var step in DoctorSteps.Behind(failed))
        {
            tell(DoctorStep.Skipped(step, address, StepBefore));
        }
    }
}

/// <summary>What a doctor is asked.</summary>
/// <param name="ServerName">The link name that agents send.</param>
/// <param name="Doors">Where to knock: the name itself, or the doors given.</param>
internal sealed record DoctorQuestion(string ServerName, IReadOnlyList<NodeAddress> Doors);
