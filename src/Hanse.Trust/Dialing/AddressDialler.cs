using System.Net.Sockets;

namespace Hanse.Trust.Dialing;

/// <summary>Connects to the first address of a list that answers (L2).</summary>
public static class AddressDialler
{
    private static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Tries in order, each for at most five seconds.</summary>
    /// <exception cref="SocketException">None answered; the message names each address and why.</exception>
    public static async Task<NetworkStream> ConnectAsync(IReadOnlyList<NodeAddress> addresses, TimeProvider time, CancellationToken cancel)
    {
        var failures = new List<string>();
        foreach (var address in addresses)
        {
            var (stream, failure) = await TryConnectAsync(address, time, cancel);
            if (stream is not null)
            {
                return stream;
            }

            failures.Add($"{address}: {failure}");
        }

        throw new SocketException((int)SocketError.HostUnreachable, string.Join("; ", failures.DefaultIfEmpty("no address is known")));
    }

    private static async Task<(NetworkStream?, string)> TryConnectAsync(NodeAddress address, TimeProvider time, CancellationToken cancel)
    {
        using var timeout = new CancellationTokenSource(TryTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.ToEndPoint(), either.Token);
            return (new NetworkStream(socket, ownsSocket: true), "");
        }
        catch (SocketException e)
        {
            socket.Dispose();
            return (null, e.SocketErrorCode == SocketError.ConnectionRefused ? "connection refused" : e.Message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            socket.Dispose();
            return (null, $"no answer within {TryTimeout.TotalSeconds:0} s");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
