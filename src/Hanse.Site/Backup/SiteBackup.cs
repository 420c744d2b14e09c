using System.Security.Cryptography;
using System.Text;
using Dapper;
using Hanse.Protocol.Ids;
using Hanse.Storage;
using Hanse.Storage.Backups;
using Hanse.Storage.Migrations;
using Npgsql;

namespace Hanse.Site.Backup;

/// <summary>A site's backups: its database, and the key of its intermediate. Restored, it begins a new epoch before it sends (U6).</summary>
internal sealed class SiteBackup(SiteOptions options) : IBackupRole
{
    private const string Issuer = "issuer.pem";

    public string Role => DatabaseRoles.Site;

    public string Version => SiteModule.Version;

    public MigrationSet Migrations => SiteModule.Migrations;

    public IReadOnlyList<(string Name, string Path)> Files =>
        [.. new[] { Issuer, "server.pem", "trust" }.Select(name => (name, Path.Combine(options.IdentityFolder, name)))];

    public bool IsKeys(string table) => table == "enrollment_site";

    /// <summary>What hosts were doing: large, gone after days anyway, and of no use to a restored site.</summary>
    public bool IsHistory(string table) => table is "metrics_minute" or "metrics_hour";

    public async Task<(string Node, string Name)?> NodeAsync(NpgsqlTransaction transaction, CancellationToken cancellation)
    {
        var there = await transaction.Connection!.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select to_regclass('enrollment_site') is not null", transaction: transaction, cancellationToken: cancellation));
        return there && await transaction.Connection!.QuerySingleOrDefaultAsync<(Guid Site, Guid Federation, string Name)?>(new CommandDefinition(
            "select site_id, federation_id, name from enrollment_site", transaction: transaction, cancellationToken: cancellation)) is var (site, federation, name)
            ? (NodeIdentity.ForSite(new FederationId(federation), new SiteId(site)).ToString(), $"site {name}")
            : null;
    }

    public Task<string?> FaultAsync(NpgsqlTransaction transaction, IReadOnlyDictionary<string, byte[]> files, CancellationToken cancellation)
    {
        if (!files.TryGetValue(Issuer, out var pem) || !files.ContainsKey("trust"))
        {
            return Task.FromResult<string?>("it has no key of the site.");
        }

        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(Encoding.ASCII.GetString(pem));
            return Task.FromResult<string?>(null);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
        {
            return Task.FromResult<string?>("the key of the site cannot be read.");
        }
    }

    /// <summary>A new epoch: what the restored database holds unacknowledged is numbered anew, every state is sent again, and desired state is taken as if
    /// none was held, so that bans, revocations and inbox come back from the coordinator. Agents were given newer link secrets since: the next one
    /// that each shows is taken (J5), and what was sent under their datagram keys since would count twice (G2).</summary>
    public Task ReviveAsync(NpgsqlTransaction transaction, BackupHeader header, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            """
            update uplink_self set epoch = @epoch, next_sequence = 1, acknowledged = 0, backed_up = 0;
            update uplink_record set epoch = null, sequence = null where acknowledged_at is null;
            update uplink_state set acknowledged = 0;
            update enrollment_site set generation = 0, incarnation_number = 0;
            update agents_host set link_secret = null, previous_link_secret = null;
            delete from metrics_key;
            -- Their agents may have been given them in the life that was lost: only they can say that nothing started (D2).
            update commands_execution set offered = true where state = 2;
            """,
            new { epoch = new Guid(RandomNumberGenerator.GetBytes(16)) }, transaction, cancellationToken: cancellation));
}
