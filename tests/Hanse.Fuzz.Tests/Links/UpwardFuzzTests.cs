using System.Globalization;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Google.Protobuf;
using Hanse.Fuzz.Tests.Frames;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.TestKit;
using Hanse.Trust.Dialing;
using Hanse.Trust.Keys;

namespace Hanse.Fuzz.Tests.Links;

/// <summary>L3, L4 on live servers: strangers, nodes with a damaged hello, and nodes that say damaged things after a good one. Each gets a typed
/// answer or is let go in time; nothing is answered with a bug; and everybody else is served as before.</summary>
public sealed class UpwardFuzzTests(FuzzedFederation federation) : IClassFixture<FuzzedFederation>
{
    /// <summary>A hello or half a request may wait until its deadline of 10 s, and a goodbye until its grace of 5 s.</summary>
    private static readonly TimeSpan LetGo = TimeSpan.FromSeconds(30);

    private const int AtOnce = 8;

    [Fact]
    public async Task A_stranger_gets_a_typed_answer_or_a_close()
    {
        await InParallelAsync(new FuzzTime().Cases(), async number =>
        {
            var dice = Chance.Of(Chance.Seed, number);
            var (address, name) = Door(dice);
            await (dice.Next(4) switch
            {
                0 => NoTlsAsync(address, dice),
                1 => NoHttpAsync(address, name, dice),
                _ => NoCertificateAsync(address, name, dice),
            });
        });
        await federation.CheckAsync("strangers");
    }

    [Fact]
    public async Task A_node_with_a_damaged_hello_gets_a_welcome_or_a_typed_goodbye()
    {
        var agents = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => federation.NewAgentAsync()));
        var site = await federation.NewSiteAsync("hello");
        await InParallelAsync(new FuzzTime().Cases(), async number =>
        {
            var dice = Chance.Of(Chance.Seed, number);
            var toSite = dice.Next(3) > 0;
            var credential = toSite ? agents[number % AtOnce] : site;
            await using var link = await RawLink.ConnectAsync(
                toSite ? federation.SiteAddress : federation.CoordinatorAddress, toSite ? FuzzedFederation.SiteName : FuzzedFederation.CoordinatorName, credential);
            var frame = DamagedHello(credential, dice);
            switch (dice.Next(16))
            {
                case 0 or 1:
                    // No WebSocket, or text that is none: its own layer may cut this off.
                    await link.TrySendRawAsync(ByteMutator.Noise(dice, dice.Next(1, 2000)));
                    break;
                case 2:
                    await link.TrySendAsync(frame, WebSocketMessageType.Text);
                    await link.EndedAsync(LetGo);
                    break;
                default:
                    await link.TrySendAsync(frame);
                    Assert.True(
                        await link.WelcomeAsync() is not null || link.Goodbye is { Code.Length: > 0 },
                        $"Case {number}: neither welcome nor goodbye ({link.Cut}) for {Convert.ToHexStringLower(frame)}; {Chance.Repeat("fuzz")}");
                    break;
            }

            Assert.False(link.Goodbye is { Code: ErrorCodes.InternalError }, $"Case {number}: {link.Goodbye} for {Convert.ToHexStringLower(frame)}; {Chance.Repeat("fuzz")}");
        });
        await federation.CheckAsync("damaged hellos");
    }

    [Fact]
    public async Task An_agent_that_says_damaged_things_is_answered_or_let_go()
    {
        var agent = await federation.NewAgentAsync();
        var secret = ByteString.Empty;
        foreach (var number in new FuzzTime().Cases())
        {
            var session = Session(FrameWay.AgentToSite, number);
            secret = await SayAsync(federation.SiteAddress, FuzzedFederation.SiteName, agent, secret, session, number);
        }

        await federation.CheckAsync("a hostile agent");
    }

    [Fact]
    public async Task A_site_that_says_damaged_things_is_answered_or_let_go()
    {
        var site = await federation.NewSiteAsync("hostile");
        foreach (var number in new FuzzTime().Cases())
        {
            var session = Session(FrameWay.SiteToCoordinator, number);
            await SayAsync(federation.CoordinatorAddress, FuzzedFederation.CoordinatorName, site, ByteString.Empty, session, number);
        }

        await federation.CheckAsync("a hostile site");
    }

    private static IReadOnlyList<byte[]> Session(FrameWay way, int number) => number == 0 && RecordedFrames.Regressions(way) is { Count: > 0 } known
        ? known
        : FrameMutator.Session(RecordedFrames.Of(way), Chance.Of(Chance.Seed, number));

    /// <summary>One link: a good hello, then the session. Every request is answered, and never by a bug, unless the link was ended with a reason.</summary>
    private static async Task<ByteString> SayAsync(
        NodeAddress address, string name, NodeCredential credential, ByteString secret, IReadOnlyList<byte[]> session, int number)
    {
        await using var link = await RawLink.ConnectAsync(address, name, credential);
        await link.TrySendAsync(new Envelope { Hello = HelloOf(credential, secret) }.ToByteArray());
        var welcome = await link.WelcomeAsync();
        var said = $"case {number}: {string.Join(' ', session.Select(f => Convert.ToHexStringLower(f.Length > 20_000 ? f[..20_000] : f)))}; {Chance.Repeat("fuzz")}";
        Assert.True(welcome is not null, $"No welcome but {link.Goodbye} in {said}");
        foreach (var frame in session)
        {
            await link.TrySendAsync(frame);
        }

        await link.TrySendAsync(new Envelope { Ping = new Ping { Sequence = ulong.MaxValue } }.ToByteArray());
        var asked = session.Select(IdOfRequest).OfType<ulong>().Distinct().ToList();
        await Wait.For(
            "an answer to every request, or the end of the link", () => link.HasEnded || (link.LastPong == ulong.MaxValue && asked.All(link.Responses.ContainsKey)),
            LetGo, () => $"{link.Responses.Count} answers to {asked.Count} requests in {said}");
        Assert.DoesNotContain(link.Responses.Values, r => r.Error is { Code: ErrorCodes.InternalError });
        Assert.True(!link.HasEnded || link.Goodbye is { Code.Length: > 0 } || session.Any(IsGoodbye), $"Ended without a reason ({link.Cut}) in {said}");
        return welcome.LinkSecret;
    }

    private async Task NoTlsAsync(NodeAddress address, Random dice)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await ClosedAsync(client.GetStream(), ByteMutator.Noise(dice, dice.Next(1, 500)));
    }

    private async Task NoHttpAsync(NodeAddress address, string name, Random dice)
    {
        await using var stream = await RawLink.TlsAsync(address, name, credential: null);
        var request = Encoding.ASCII.GetBytes($"{Pick(dice, "GET", "POST")} {Pick(dice, "/link", "/join", "/join/challenge", "/renew", "/trust", "/api/v1/status", "/")} HTTP/1.1\r\n"
            + string.Create(CultureInfo.InvariantCulture, $"Host: {name}\r\nConnection: close\r\nContent-Length: {Pick(dice, "0", "16", "-1", "2000000000")}\r\n\r\n0123456789abcdef"));
        await ClosedAsync(stream, dice.Next(3) == 0 ? request : ByteMutator.Mutate(request, dice));
    }

    /// <summary>Upgraded all the same, and told why it is not let in.</summary>
    private static async Task NoCertificateAsync(NodeAddress address, string name, Random dice)
    {
        await using var link = await RawLink.ConnectAsync(address, name, credential: null);
        await link.TrySendAsync(FrameMutator.Mutate(RecordedFrames.Of(FrameWay.AgentToSite), dice));
        await link.EndedAsync(LetGo);
        Assert.True(link.Goodbye is { Code.Length: > 0 }, $"A stranger was let go without a reason; {Chance.Repeat("fuzz")}");
    }

    /// <summary>Whatever it answers, it ends the connection, and its answer has an end.</summary>
    private static async Task ClosedAsync(Stream stream, byte[] bytes)
    {
        const int MostAnswered = 64 * 1024;
        var answered = 0L;
        await Wait.ForTask("a stranger to be let go", Task.Run(async () =>
        {
            try
            {
                await stream.WriteAsync(bytes);
                var buffer = new byte[4096];
                while (await stream.ReadAsync(buffer) is var count and > 0)
                {
                    answered += count;
                }
            }
            catch (IOException)
            {
                return; // cut off: let go as well
            }
        }), TimeSpan.FromSeconds(60));
        Assert.True(answered < MostAnswered, $"{answered} bytes for a stranger; {Chance.Repeat("fuzz")}");
    }

    private (NodeAddress Address, string Name) Door(Random dice) => dice.Next(2) == 0
        ? (federation.CoordinatorAddress, FuzzedFederation.CoordinatorName)
        : (federation.SiteAddress, FuzzedFederation.SiteName);

    private static byte[] DamagedHello(NodeCredential credential, Random dice)
    {
        var hello = new Envelope { Hello = HelloOf(credential, ByteString.Empty) }.ToByteArray();
        return dice.Next(5) switch
        {
            0 => ByteMutator.Mutate(hello, dice),
            1 => FrameMutator.Mutate(RecordedFrames.Of(FrameWay.AgentToSite), dice),
            _ => WireMutator.Mutate(hello, dice),
        };
    }

    private static Hello HelloOf(NodeCredential credential, ByteString secret) => new()
    {
        ProtocolVersion = LinkProtocol.Version, Identity = credential.Identity.ToString(), Capabilities = { Capabilities.OfLink },
        ClockUnixMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), LinkSecret = secret, SoftwareVersion = "fuzz",
        Epoch = credential.Identity.Kind == NodeKind.Site ? credential.Identity.Site!.Value.ToWire() : ByteString.Empty,
    };

    private static ulong? IdOfRequest(byte[] frame) => Read(frame)?.Request?.Id;

    private static bool IsGoodbye(byte[] frame) => Read(frame)?.BodyCase == Envelope.BodyOneofCase.Goodbye;

    private static Envelope? Read(byte[] frame) => Hanse.Link.Frames.FrameReader.Read(frame).Envelope;

    private static string Pick(Random dice, params string[] of) => of[dice.Next(of.Length)];

    private static Task InParallelAsync(IEnumerable<int> cases, Func<int, Task> run) => Parallel.ForEachAsync(
        cases, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (number, _) => await run(number));
}
