using System.Globalization;
using Dapper;
using Google.Protobuf;
using Hanse.Audit;
using Hanse.Audit.Checkpoints;
using Hanse.Protocol.Errors;
using Hanse.Protocol.Messages;
using Hanse.Site.Tests.Fixtures;
using Hanse.TestKit;

namespace Hanse.Site.Tests.Audit;

/// <summary>A restored site's log goes on once its coordinator hands on an administrator's word, and only from what the site itself has signed (A4).</summary>
public sealed class SiteLogRecoveryTests : LinkedSiteTests
{
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await AppendAsync(2);
    }

    [Fact]
    public async Task Given_a_log_that_was_set_back_When_told_Then_a_new_one_names_what_was_seen_and_who_said_so()
    {
        _ = await ShownAsync(2);
        await ExecuteAsync("create table saved as select * from audit_log");
        await AppendAsync(1);
        var seen = await ShownAsync(3);
        await ExecuteAsync("delete from audit_entry where seq > 2; update audit_log l set entry_count = s.entry_count, frontier = s.frontier from saved s");

        var done = (await RecoverAsync(seen)).Value!;

        Assert.Equal((2UL, 1UL), (done.KeptEntries, done.LostEntries));
        var first = Assert.Single(await Site.QueryAsync<string>("select operation || ' ' || actor || ' ' || account || ' ' || reason from audit_entry where log = 2"));
        Assert.Equal("audit.recover ada 7 disk died", first);
        Assert.Equal("", (await RecoverAsync(await ShownAsync(1))).Value!.PreviousLog);
    }

    [Fact]
    public async Task Given_a_log_that_goes_on_or_a_note_of_another_When_told_Then_nothing_is_changed()
    {
        var seen = await ShownAsync(2);
        Assert.Equal("", (await RecoverAsync(seen)).Value!.PreviousLog);

        Assert.True(SignedCheckpoint.TryParse(seen.Note, out var note));
        var stranger = Pki.AddSite("stranger.test").Credential;
        var forged = new SignedCheckpoint(
            note.Checkpoint, [NoteSigner.Sign(note.Checkpoint with { Size = 99 }, stranger, Clock.GetUtcNow()) with { Signer = note.Checkpoint.Owner.ToString() }]).ToText();
        foreach (var text in new[] { "", forged, seen.Note.Replace("\n2\n", "\n3\n", StringComparison.Ordinal) })
        {
            Assert.Equal(ErrorCodes.MalformedMessage, (await RecoverAsync(new AuditCosign(seen) { Note = text })).Error!.Code);
        }

        Assert.Equal(1, Assert.Single(await Site.QueryAsync<int>("select max(ordinal) from audit_log")));
    }

    private ValueTask<Hanse.Link.LinkResult<SiteLogRecovered>> RecoverAsync(AuditCosign seen)
    {
        var request = new SiteLogRecover { Note = seen.Note, Actor = "ada", Account = "7", Reason = "disk died" };
        request.Certificates.AddRange(seen.Certificates.Select(c => ByteString.CopyFrom(c.Span)));
        return Coordinator.AskAsync<SiteLogRecovered>(Method.SiteLogRecover, request);
    }

    private async Task<AuditCosign> ShownAsync(int size)
    {
        AuditCosign? shown = null;
        await Wait.For("the site to show its log", () =>
        {
            Clock.Advance(TimeSpan.FromMilliseconds(200));
            return (shown = Coordinator.Checkpoints.LastOrDefault(c => c.Note.Contains(string.Create(CultureInfo.InvariantCulture, $"\n{size}\n"), StringComparison.Ordinal))) is not null;
        });
        return shown!;
    }

    private async Task AppendAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Site.Get<IAuditLog>().AppendAsync(Site.Database, new AuditEvent("host.ban", new("ada")), default);
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await Site.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }
}
