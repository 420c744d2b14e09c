using Hanse.Coordinator.Hosts.Search;
using Hanse.Protocol.Messages;

namespace Hanse.Bench.Directory;

/// <summary>One search, for us and for the usual way alike.</summary>
internal sealed record Search(string Kind)
{
    public string? Text { get; init; }

    public string? Address { get; init; }

    public string? Site { get; init; }

    public string? Tag { get; init; }

    public string? Os { get; init; }

    public HostStatus? Status { get; init; }

    public HostQuery Query()
    {
        AddressPattern? pattern = null;
        if (Address is not null && !AddressPattern.TryParse(Address, out pattern))
        {
            throw new InvalidOperationException($"The mix has an address that is none: {Address}");
        }

        return new() { Text = Text, Address = pattern, Site = Site, Tags = Tag is null ? [] : [Tag], Os = Os, Status = Status, Limit = 100 };
    }

    public override string ToString() => $"{Kind}:" + string.Concat(
        new[] { ("q", Text), ("address", Address), ("site", Site), ("tag", Tag), ("os", Os), ("status", Status?.ToString()) }
            .Where(p => p.Item2 is not null).Select(p => $" {p.Item1}={p.Item2}"));
}
