using System.Security.Cryptography;
using Google.Protobuf;
using Hanse.Protocol.Messages;

namespace Hanse.Agent.Inventory;

/// <summary>A section as collected: its body and SHA-256, or the reason why there is none.</summary>
public sealed record InventorySection(string Name, byte[] Body, byte[] Hash, DateTimeOffset Collected, string Error)
{
    public static InventorySection Of(string name, byte[] body, DateTimeOffset collected) =>
        new(name, body, SHA256.HashData(body), collected, "");

    /// <summary>The hash of a failure covers its reason, so that another reason is a change and the same one is not.</summary>
    public static InventorySection Failed(string name, string error, DateTimeOffset collected) =>
        new(name, [], SHA256.HashData(System.Text.Encoding.UTF8.GetBytes("error\n" + error)), collected, error);

    internal Section ToWire() => new()
    {
        Name = Name,
        Body = ByteString.CopyFrom(Body),
        Hash = ByteString.CopyFrom(Hash),
        CollectedUnixMs = Collected.ToUnixTimeMilliseconds(),
        Error = Error,
    };
}
