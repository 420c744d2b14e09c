namespace Hanse.Gateway.Takeover;

/// <summary>What a newcomer was given: everything, once <see cref="Accept"/> has said so to the one that ran.</summary>
internal sealed class TakenOver : IDisposable
{
    private readonly DescriptorChannel _channel;
    private bool _accepted;

    private TakenOver(DescriptorChannel channel) => _channel = channel;

    /// <summary>Sockets by name; several may have one.</summary>
    internal List<(string Name, int Descriptor)> Sockets { get; } = [];

    internal List<ConnectionRecord> Connections { get; } = [];

    /// <summary>Asks the gateway at a path for all it has, which it holds still until <see cref="Accept"/>; null when none runs there.</summary>
    /// <exception cref="IOException">The running one refuses, ended in the middle, or speaks another version.</exception>
    internal static TakenOver? Ask(string path, TimeSpan patience)
    {
        if (DescriptorChannel.Connect(path, patience) is not { } channel)
        {
            return null;
        }

        var taken = new TakenOver(channel);
        try
        {
            taken.ReceiveAll();
            return taken;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    /// <summary>From here on everything is this process's. False when the one that ran has given up waiting, and keeps it.</summary>
    internal bool Accept()
    {
        _accepted = _channel.Send(TakeoverFormat.Plain(TakeoverFormat.Taken), []);
        return _accepted;
    }

    public void Dispose()
    {
        if (!_accepted)
        {
            DescriptorChannel.CloseAll([.. Sockets.Select(s => s.Descriptor), .. Connections.SelectMany(c => c.Descriptors)]);
        }

        _channel.Dispose();
    }

    private void ReceiveAll()
    {
        var asked = _channel.Send(TakeoverFormat.Plain(TakeoverFormat.Ask), []);
        while (asked && _channel.Receive() is var (message, descriptors))
        {
            var opened = TakeoverFormat.Open(message);
            switch (opened?.Kind)
            {
                case TakeoverFormat.Sockets when TakeoverFormat.ReadSockets(opened.Value.Body) is var names && names.Count == descriptors.Length:
                    Sockets.AddRange(names.Zip(descriptors));
                    break;
                case TakeoverFormat.Connections:
                    Connections.AddRange(TakeoverFormat.ReadConnections(opened.Value.Body, descriptors));
                    break;
                case TakeoverFormat.All when opened.Value.Body.ReadInt32() == Connections.Count:
                    return;
                default:
                    DescriptorChannel.CloseAll(descriptors);
                    throw new IOException("The running gateway speaks another version of the takeover, or refuses. It goes on; stop it and start this one to change over with an interruption.");
            }
        }

        throw new IOException("The running gateway ended the takeover in the middle, and goes on if it lives.");
    }
}
