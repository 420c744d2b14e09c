using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Google.Protobuf;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.Trust.Dialing;

namespace Hanse.Trust.Joining;

/// <summary>
/// One short conversation with a server on its link name: dials the addresses in order, sends the name as TLS server name and Host, and
/// keeps to one connection. No proxy, no redirect, no compression; every failure is a value.
/// </summary>
internal sealed class NodeExchange : IDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _client;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<NodeAddress> _addresses;

    public NodeExchange(IReadOnlyList<NodeAddress> addresses, string serverName, SslClientAuthenticationOptions tls, TimeProvider time)
    {
        _addresses = addresses;
        _time = time;
        _handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            MaxConnectionsPerServer = 1,
            MaxResponseHeadersLength = 16,
            SslOptions = tls,
            ConnectCallback = async (_, cancel) => await AddressDialler.ConnectAsync(addresses, time, cancel),
        };
        _client = new HttpClient(_handler) { BaseAddress = new Uri($"https://{serverName}"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The server's clock as of its last answer.</summary>
    public DateTimeOffset? ServerTime { get; private set; }

    public Task<Answer<T>> GetAsync<T>(string path, MessageParser<T> parser, CancellationToken cancel) where T : class, IMessage<T> =>
        SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), parser, cancel);

    public Task<Answer<T>> PostAsync<T>(string path, IMessage? body, MessageParser<T> parser, CancellationToken cancel) where T : class, IMessage<T> =>
        SendAsync(() => new HttpRequestMessage(HttpMethod.Post, path) { Content = Content(body) }, parser, cancel);

    public void Dispose()
    {
        _client.Dispose();
        _handler.Dispose();
    }

    private static ByteArrayContent Content(IMessage? body)
    {
        var content = new ByteArrayContent(body?.ToByteArray() ?? []);
        content.Headers.ContentType = new MediaTypeHeaderValue(JoinPaths.ContentType);
        return content;
    }

    private async Task<Answer<T>> SendAsync<T>(Func<HttpRequestMessage> make, MessageParser<T> parser, CancellationToken cancel)
        where T : class, IMessage<T>
    {
        using var timeout = new CancellationTokenSource(RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        try
        {
            using var request = make();
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            ServerTime = response.Headers.Date ?? ServerTime;
            var body = await ReadAsync(response.Content, either.Token);
            return body is null ? new(null, Unexpected("its answer is too long"))
                : response.IsSuccessStatusCode ? new(parser.ParseFrom(body), null)
                : new(null, ToRefusal(response, body));
        }
        catch (InvalidProtocolBufferException)
        {
            return new(null, Unexpected("its answer is not of this protocol"));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new(null, Unreachable($"it did not answer within {RequestTimeout.TotalSeconds:0} s"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new(null, Classify(e));
        }
    }

    private static async Task<byte[]?> ReadAsync(HttpContent content, CancellationToken cancel)
    {
        await using var stream = await content.ReadAsStreamAsync(cancel);
        var buffer = new byte[8192];
        using var body = new MemoryStream();
        while (await stream.ReadAsync(buffer, cancel) is > 0 and var count)
        {
            await body.WriteAsync(buffer.AsMemory(0, count), cancel);
            if (body.Length > JoinPaths.MaxBodyBytes)
            {
                return null;
            }
        }

        return body.ToArray();
    }

    private JoinRefusal ToRefusal(HttpResponseMessage response, byte[] body)
    {
        var status = (int)response.StatusCode;
        if (response.Content.Headers.ContentType?.MediaType != JoinPaths.ContentType)
        {
            return Unexpected($"it answered with HTTP status {status}");
        }

        var error = Error.Parser.ParseFrom(body);
        var retryable = response.StatusCode is HttpStatusCode.TooManyRequests || status >= 500;
        return error.Code.Length == 0
            ? Unexpected($"it answered with HTTP status {status}")
            : new JoinRefusal(Printable(error.Code, 64), Printable(error.Message, 1000), retryable);
    }

    private JoinRefusal Classify(Exception failure)
    {
        for (var e = failure; e is not null; e = e.InnerException)
        {
            if (e is AuthenticationException)
            {
                return new JoinRefusal(ErrorCodes.NotTrusted, $"The TLS handshake with {Name} failed: {e.Message}");
            }

            if (e is SocketException socket && failure is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError })
            {
                return new JoinRefusal(ErrorCodes.Unreachable,
                    $"The server was not reached ({socket.Message}). Check that it runs and that no firewall is between.", Retryable: true);
            }
        }

        return Unreachable("it ended the connection; it may not accept this node's certificate");
    }

    private string Name => string.Join(", ", _addresses);

    private JoinRefusal Unreachable(string why) =>
        new(ErrorCodes.Unreachable, $"The server at {Name} was reached, but {why}.", Retryable: true);

    private JoinRefusal Unexpected(string why) => new(ErrorCodes.UnexpectedAnswer,
        $"The server at {Name} does not speak as a Hanse server: {why}. Check the address and that both run matching versions.");

    /// <summary>A peer's text goes to terminals and logs.</summary>
    private static string Printable(string text, int most) =>
        new([.. text.Select(c => char.IsControl(c) ? ' ' : c).Take(most)]);
}

/// <summary>Either a message or why there is none.</summary>
internal sealed record Answer<T>(T? Message, JoinRefusal? Refusal) where T : class;
