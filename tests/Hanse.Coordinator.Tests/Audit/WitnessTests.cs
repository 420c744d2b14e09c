using Google.Protobuf;
using Hanse.Audit;
using Hanse.Audit.Checkpoints;
using Hanse.Audit.Witnessing;
using Hanse.Protocol.Messages;
using Hanse.TestKit;

namespace Hanse.Coordinator.Tests.Audit;

/// <summary>A3, A4: whoever cosigned a log finds out when it does not go on from there, whatever was made to fit, and says so at once.</summary>
public sealed class WitnessTests : IAsyncLifetime
{
    private const string Rewritten = """
        update audit_entry set operation = 'host.tag', bytes = convert_to(replace(convert_from(bytes, 'UTF8'), 'host.ban', 'host.tag'), 'UTF8') where seq = 5
        """;

    private readonly ManualClock _clock = new();
    private TestPki _pki = null!;
    private LogNode _coordinator = null!;
    private LogNode _site = null!;

    public async ValueTask InitializeAsync()
    {
        _pki = new TestPki(_clock);
        _coordinator = await LogNode.CreateAsync(_pki, _pki.Coordinator);
        _site = await LogNode.CreateAsync(_pki, _pki.AddSite("north.test").Credential);
    }

    public async ValueTask DisposeAsync()
    {
        await _coordinator.DisposeAsync();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task A_log_that_grows_is_cosigned_both_ways_at_each_size()
    {
        await _coordinator.AppendAsync(3);
        await _site.AppendAsync(2);
        Assert.Null(await _coordinator.ShowAsync(_site));
        Assert.Null(await _site.ShowAsync(_coordinator));
        await _coordinator.AppendAsync(600);
        Assert.Null(await _coordinator.ShowAsync(_site));
        Assert.Null(await _coordinator.ShowAsync(_site));

        var newest = (await _coordinator.Checkpoints.NewestAsync(default))!.Value.Signed;
        Assert.Equal((603L, 2), (newest.Checkpoint.Size, newest.Signatures.Count));
        Assert.Equal(603, (await _site.Witnesses.HeldAsync(_coordinator.Identity.ToString(), default))!.Size);
        var found = await _coordinator.CheckAsync();
        Assert.True(found.Ok, found.Why);
        Assert.Equal(603, Assert.Single(found.Witnesses).Size);
        Assert.Empty(_site.Alarms);
    }

    [Theory]
    [InlineData(Rewritten, "entries are not those")]
    [InlineData("delete from audit_entry where seq > 7", "dropped from its end")]
    [InlineData("delete from audit_entry where seq > 7; update audit_log set log_id = gen_random_uuid()", "another log")]
    [InlineData("update audit_log set log_id = gen_random_uuid()", "another log")]
    public async Task A_log_that_was_forged_so_that_it_verifies_by_itself_is_found_out_by_its_witness(string change, string why)
    {
        await _coordinator.AppendAsync(10);
        Assert.Null(await _coordinator.ShowAsync(_site));
        await _coordinator.ForgeAsync(change);

        var problem = await _coordinator.ShowAsync(_site);
        Assert.Contains(why, problem, StringComparison.Ordinal);
        Assert.Contains(why, Assert.Single(_site.Alarms), StringComparison.Ordinal);

        // Both say so: the owner's verification is red, and the witness has it in its own log, with both notes, for good.
        var found = await _coordinator.CheckAsync();
        Assert.False(found.Ok);
        Assert.Contains(why, Assert.Single(found.Problems), StringComparison.Ordinal);
        Assert.Contains(why, Assert.Single((await new AuditStandings(_site.Checkpoints, _site.Witnesses).ReadAsync(default)).Problems(i => i)), StringComparison.Ordinal);
        Assert.Equal(["audit.conflict"], await _site.QueryAsync<string>("select operation from audit_entry"));

        // Asked again it says the same, and tells it no second time.
        Assert.NotNull(await _coordinator.ShowAsync(_site));
        Assert.Single(_site.Alarms);
    }

    [Fact]
    public async Task A_log_that_was_forked_and_grew_past_what_was_seen_is_found_out()
    {
        await _coordinator.AppendAsync(10);
        Assert.Null(await _coordinator.ShowAsync(_site));
        await _coordinator.ForgeAsync("delete from audit_entry where seq > 7");
        await _coordinator.AppendAsync(300);
        Assert.Contains("forked or rewritten", await _coordinator.ShowAsync(_site), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verification_alone_finds_a_forged_log_while_its_checkpoints_are_there()
    {
        await _coordinator.AppendAsync(10);
        Assert.NotNull(await _coordinator.Signer.SignAsync(default));
        var kept = await _coordinator.QueryAsync<string>("select note from audit_checkpoint");
        await _coordinator.ForgeAsync(Rewritten);
        await _coordinator.ExecuteAsync($"insert into audit_checkpoint (log, size, note, created_at) values (1, 10, '{kept[0]}', '2030-01-01')");
        var found = await _coordinator.CheckAsync();
        Assert.False(found.Ok);
        Assert.Contains("checkpoint that was signed", found.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conflict_that_is_mended_is_over_but_stays_to_be_seen()
    {
        await _coordinator.AppendAsync(10);
        Assert.Null(await _coordinator.ShowAsync(_site));
        await _coordinator.ExecuteAsync("update audit_log set log_id = '11111111111111111111111111111111'::uuid");
        Assert.NotNull(await _coordinator.ShowAsync(_site));
        var held = (await _site.Witnesses.HeldAsync(_coordinator.Identity.ToString(), default))!;
        await _coordinator.ExecuteAsync($"update audit_log set log_id = '{held.LogId}'");
        Assert.Null(await _coordinator.ShowAsync(_site));

        var standing = await new AuditStandings(_site.Checkpoints, _site.Witnesses).ReadAsync(default);
        Assert.Empty(standing.Problems(i => i));
        Assert.NotNull(Assert.Single(standing.Breaks).HealedAt);
    }

    [Fact]
    public async Task After_a_recovery_the_witness_follows_the_new_log_keeps_the_old_and_never_goes_back()
    {
        await _coordinator.AppendAsync(10);
        Assert.Null(await _coordinator.ShowAsync(_site));
        var held = (await _site.Witnesses.HeldAsync(_coordinator.Identity.ToString(), default))!;
        Assert.True(SignedCheckpoint.TryParse(held.Note, out var note));
        await _coordinator.ForgeAsync("delete from audit_entry where seq > 7");
        Assert.NotNull(await _coordinator.ShowAsync(_site));

        var entry = new RecoveryEntry(held.LogId, note.Checkpoint, 7);
        await _coordinator.BeginAsync(new AuditEvent(RecoveryEntry.Operation, new("ada")) { Reason = "disk died", Detail = entry.ToDetail() });
        Assert.Null(await _coordinator.ShowAsync(_site));
        await _coordinator.AppendAsync(2);
        Assert.Null(await _coordinator.ShowAsync(_site));

        var standing = await new AuditStandings(_site.Checkpoints, _site.Witnesses).ReadAsync(default);
        Assert.Equal([10L, 3L], standing.Held.Select(h => h.Size));
        Assert.Equal(["recovered", "conflict"], standing.Breaks.Select(b => b.Kind));
        Assert.Empty(standing.Problems(i => i));
        var found = await _coordinator.CheckAsync();
        Assert.True(found.Ok, found.Why);

        await _coordinator.ExecuteAsync("delete from audit_log where ordinal = 2");
        await _coordinator.AppendAsync(20);
        Assert.Contains("goes back", await _coordinator.ShowAsync(_site), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_witness_that_was_away_for_two_recoveries_follows_the_third_log(bool setBack)
    {
        await using var away = await LogNode.CreateAsync(_pki, _pki.AddSite("south.test").Credential);
        await _coordinator.AppendAsync(10);
        Assert.Null(await _coordinator.ShowAsync(_site));
        Assert.Null(await _coordinator.ShowAsync(away));
        await _coordinator.ForgeAsync("delete from audit_entry where seq > 7");
        Assert.NotNull(await RecoverFromSiteAsync());
        await _coordinator.AppendAsync(5);
        Assert.Null(await _coordinator.ShowAsync(_site));

        // The second log is lost, with all that this database knew of it; or its end is.
        await _coordinator.ForgeAsync(setBack ? "delete from audit_entry where log = 2; delete from audit_log where ordinal = 2" : "delete from audit_entry where log = 2 and seq > 3");
        Assert.NotNull(await RecoverFromSiteAsync());

        Assert.Null(await _coordinator.ShowAsync(_site));
        Assert.Null(await _coordinator.ShowAsync(away));
        Assert.Equal("recovered", Assert.Single((await new AuditStandings(away.Checkpoints, away.Witnesses).ReadAsync(default)).Breaks).Kind);
        var found = await _coordinator.CheckAsync();
        Assert.True(found.Ok, found.Why);
        Assert.Null(await RecoverFromSiteAsync());
    }

    private async Task<LogRecovered?> RecoverFromSiteAsync() =>
        await _coordinator.Recovery.RecoverAsync([await _site.HeldOfAsync(_coordinator)], new("ada"), "disk died", default);

    [Fact]
    public async Task A_new_log_that_names_another_than_the_held_one_is_a_conflict()
    {
        await _coordinator.AppendAsync(10);
        Assert.Null(await _coordinator.ShowAsync(_site));
        await _coordinator.BeginAsync(new AuditEvent(RecoveryEntry.Operation, new("eve")) { Detail = new RecoveryEntry(new Guid(9, 9, 9, new byte[8]), null, 0).ToDetail() });
        Assert.Contains("another log", await _coordinator.ShowAsync(_site), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Questions_that_are_forged_are_refused_and_hold_nothing()
    {
        await _coordinator.AppendAsync(3);
        var (_, signed) = (await _coordinator.Signer.SignAsync(default))!.Value;
        AuditCosign Question(string note, params byte[][] certificates)
        {
            var question = new AuditCosign { Note = note };
            question.Certificates.AddRange(certificates.Select(ByteString.CopyFrom));
            return question;
        }

        var own = SignerCertificates.Of(_pki.Coordinator).ToDer().ToArray();
        var stranger = new TestPki(_clock);
        var forged = new SignedCheckpoint(
            signed.Checkpoint, [NoteSigner.Sign(signed.Checkpoint, stranger.Coordinator, _clock.GetUtcNow()) with { Signer = _coordinator.Identity.ToString() }]);
        foreach (var (asker, question) in new[]
        {
            (_coordinator.Identity, Question("")), (_coordinator.Identity, Question(signed.ToText())), (_site.Identity, Question(signed.ToText(), own)),
            (_coordinator.Identity, Question(signed.ToText().Replace("\n3\n", "\n4\n", StringComparison.Ordinal), own)),
            (_coordinator.Identity, Question(forged.ToText(), [.. SignerCertificates.Of(stranger.Coordinator).ToDer()])),
        })
        {
            await Assert.ThrowsAsync<FormatException>(() => _site.Witness.CosignAsync(asker, question, default));
        }

        Assert.Empty(await _site.Witnesses.AllHeldAsync(default));
    }
}
