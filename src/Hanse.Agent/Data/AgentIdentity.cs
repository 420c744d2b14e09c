using System.Text.Json;
using Hanse.Protocol.Ids;
using Hanse.Trust.Dialing;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Agent.Data;

/// <summary>A joined agent: its credential, whom it trusts, and where its site is.</summary>
internal sealed record AgentIdentity(CurrentCredential Credential, CurrentTrust Trust, SiteId Site, string ServerName, IReadOnlyList<NodeAddress> Addresses)
{
    /// <summary>Null when the agent has not joined.</summary>
    /// <exception cref="InvalidDataException">A file is damaged or missing beside the credential.</exception>
    internal static AgentIdentity? Open(AgentFolder folder)
    {
        if (!CurrentCredential.TryOpen(folder.Credential, out var credential))
        {
            return null;
        }

        if (CurrentTrust.Open(folder.Trust) is not { } trust || ReadSite(folder) is not { } site || !SiteId.TryParse(site.Site, out var id))
        {
            throw new InvalidDataException(
                $"{folder.Root} holds a credential but not all that belongs to it. Restore it from a backup, or run hanse-agent reset and join again.");
        }

        if (credential.Value.Identity.Site != id)
        {
            throw new InvalidDataException(
                $"A move of {folder.Root} to site {site.Site} was interrupted. Run hanse-agent join again with the same join string: it goes on where it stopped.");
        }

        return new AgentIdentity(credential, trust, id, site.ServerName, AddressesOf(site));
    }

    internal static IReadOnlyList<NodeAddress> AddressesOf(SiteRecord? site) =>
        [.. (site?.Addresses ?? []).Select(a => NodeAddress.TryParse(a, out var address) ? address : null).OfType<NodeAddress>()];

    /// <summary>Stores what joining gave; the credential last, since it alone makes the agent a joined one.</summary>
    internal static void Save(AgentFolder folder, AgentJoinOutcome.Joined joined)
    {
        var site = new SiteRecord(
            joined.Federation.ToString(), joined.Site.ToString(), joined.Host.ToString(), joined.ServerName,
            [.. joined.Addresses.Select(a => a.ToString())]);
        AtomicFile.Write(folder.Site, JsonSerializer.SerializeToUtf8Bytes(site, AgentJson.Default.SiteRecord));
        _ = CurrentTrust.Create(folder.Trust, joined.Trust);
        _ = CurrentCredential.Create(folder.Credential, joined.Credential);
        DurableFolder.Sync(folder.Root);
        foreach (var file in new[] { folder.JoinKey, folder.LinkSecret, folder.RenewalKey, folder.Paths }) // the last three are of a site before (J4)
        {
            File.Delete(file);
        }

    }

    internal static SiteRecord? ReadSite(AgentFolder folder)
    {
        try
        {
            return File.Exists(folder.Site) ? JsonSerializer.Deserialize(File.ReadAllBytes(folder.Site), AgentJson.Default.SiteRecord) : null;
        }
        catch (JsonException)
        {
            // Damaged counts as missing: the caller says what to do.
            return null;
        }
    }
}
