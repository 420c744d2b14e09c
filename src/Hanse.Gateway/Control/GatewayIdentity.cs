using Google.Protobuf;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Trust.Dialing;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Gateway.Control;

/// <summary>A gateway that has joined: its credential, whom it trusts, and where its coordinator is.</summary>
internal sealed record GatewayIdentity(CurrentCredential Credential, CurrentTrust Trust, string Name, string ServerName, IReadOnlyList<NodeAddress> Addresses)
{
    internal GatewayId Id => Credential.Value.Identity.Gateway!.Value;

    /// <summary>Null when the gateway has not joined.</summary>
    /// <exception cref="InvalidDataException">A file is damaged or missing beside the credential.</exception>
    internal static GatewayIdentity? Open(GatewayFolder folder)
    {
        if (!CurrentCredential.TryOpen(folder.Credential, out var credential))
        {
            return null;
        }

        if (credential.Value.Identity.Kind != NodeKind.Gateway || CurrentTrust.Open(folder.Trust) is not { } trust || ReadCoordinator(folder) is not { } coordinator)
        {
            throw new InvalidDataException(
                $"{folder.Root} holds a credential but not all that belongs to it. Restore it from a backup, or run hanse-gateway reset and join again.");
        }

        var addresses = coordinator.CoordinatorAddresses.Select(a => NodeAddress.TryParse(a, out var address) ? address : null).OfType<NodeAddress>().ToList();
        return new GatewayIdentity(credential, trust, coordinator.GatewayName, coordinator.CoordinatorServerName, addresses);
    }

    /// <summary>Stores what joining gave; the credential last.</summary>
    internal static void Save(GatewayFolder folder, GatewayJoinOutcome.Joined joined)
    {
        var coordinator = new GatewayJoinAnswer { GatewayName = joined.Name, CoordinatorServerName = joined.CoordinatorServerName };
        coordinator.CoordinatorAddresses.AddRange(joined.CoordinatorAddresses.Select(a => a.ToString()));
        AtomicFile.Write(folder.Coordinator, coordinator.ToByteArray());
        _ = CurrentTrust.Create(folder.Trust, joined.Trust);
        _ = CurrentCredential.Create(folder.Credential, joined.Credential);
        File.Delete(folder.JoinKey);
    }

    private static GatewayJoinAnswer? ReadCoordinator(GatewayFolder folder)
    {
        try
        {
            return File.Exists(folder.Coordinator) ? GatewayJoinAnswer.Parser.ParseFrom(File.ReadAllBytes(folder.Coordinator)) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            // Damaged counts as missing: the caller says what to do.
            return null;
        }
    }
}
