using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hanse.Audit;
using Hanse.Audit.Exports;
using Hanse.Audit.Proofs;
using Hanse.Protocol.Audit;
using Hanse.Protocol.Ids;
using Hanse.TestKit;

namespace Hanse.Coordinator.Tests.Audit;

/// <summary>A1, A3: proofs and exports that hold without a server, and fall with any byte that is changed.</summary>
public sealed class AuditProofTests : IAsyncLifetime
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private readonly TestPki _pki = new(new ManualClock());
    private LogNode _node = null!;
    private LogNode _site = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await LogNode.CreateAsync(_pki, _pki.Coordinator);
        _site = await LogNode.CreateAsync(_pki, _pki.AddSite("north.test").Credential);
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _site.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Proofs_from_stored_subtrees_are_those_of_the_whole_tree(bool stored)
    {
        await _node.AppendAsync(700);
        Assert.Equal(2, (await _node.QueryAsync<long>("select position from audit_node where level = 8")).Count);
        if (!stored)
        {
            await _node.ExecuteAsync("delete from audit_node");
        }

        var leaves = await _node.QueryAsync<byte[]>("select leaf_hash from audit_entry order by seq");
        byte[] Root(long size) => MerkleFrontier.Of(leaves.Take((int)size)).Root();
        foreach (var (seq, size) in new[] { (1L, 1L), (1, 700), (256, 256), (257, 512), (300, 513), (700, 700), (511, 699) })
        {
            var path = await _node.Prover.InclusionAsync(1, seq, size, default);
            Assert.True(MerkleProof.VerifyInclusion((ulong)seq - 1, (ulong)size, leaves[(int)seq - 1], path, Root(size)), $"{seq} in {size}");
        }

        foreach (var (earlier, size) in new[] { (1L, 2L), (255, 256), (256, 700), (300, 513), (512, 513), (699, 700) })
        {
            var path = await _node.Prover.ConsistencyAsync(1, earlier, size, default);
            Assert.True(MerkleProof.VerifyConsistency((ulong)earlier, (ulong)size, Root(earlier), Root(size), path), $"{earlier} to {size}");
        }

        Assert.Equal(Root(600), await _node.Prover.RootAsync(1, 600, default));
    }

    [Fact]
    public async Task Proof_holds_with_nothing_but_the_root_and_names_who_signed()
    {
        await _node.AppendAsync(300);
        Assert.Null(await _node.ShowAsync(_site));
        await _node.AppendAsync(5);

        var text = JsonSerializer.Serialize(await _node.Proofs.ProveAsync(17, default), Json);
        var verdict = AuditProof.Parse(text, out var why)!.Judge([_pki.Root.Certificate]);
        Assert.True(verdict.Ok, verdict.Why ?? why);
        Assert.Equal((17, "host.ban"), (verdict.Entry!.Facts.Seq, verdict.Entry.Facts.Operation));
        Assert.Equal([_node.Identity.ToString(), _site.Identity.ToString()], verdict.Signers);
        Assert.Equal(300, verdict.Checkpoint!.Size);

        // An entry that nobody has cosigned yet is proved by the owner alone.
        Assert.Equal([_node.Identity.ToString()], (await _node.Proofs.ProveAsync(305, default))!.Judge([_pki.Root.Certificate]).Signers);
        Assert.Null(await _node.Proofs.ProveAsync(306, default));
    }

    [Fact]
    public async Task Proof_with_any_part_changed_shows_nothing()
    {
        await _node.AppendAsync(40);
        var proof = (await _node.Proofs.ProveAsync(17, default))!;
        var other = (await _node.Proofs.ProveAsync(18, default))!;
        var roots = new[] { _pki.Root.Certificate };
        AuditProof[] forged =
        [
            proof with { Entry = proof.Entry.Replace("ada", "eve", StringComparison.Ordinal) }, proof with { Entry = other.Entry }, proof with { Index = 17 },
            proof with { Path = other.Path }, proof with { Path = [.. proof.Path.Skip(1)] }, proof with { Path = ["x"] },
            proof with { Checkpoint = proof.Checkpoint.Replace("\n40\n", "\n41\n", StringComparison.Ordinal) }, proof with { Checkpoint = "" },
            proof with { Certificates = [] }, proof with { Certificates = ["AAAA"] },
        ];
        Assert.All(forged, f => Assert.False(f.Judge(roots).Ok));
        Assert.True(proof.Judge(roots).Ok);
        Assert.False(proof.Judge([new TestPki(_pki.Time).Root.Certificate]).Ok);
        Assert.Null(AuditProof.Parse("{}", out _));
        Assert.Null(AuditProof.Parse("[", out _));
    }

    [Fact]
    public async Task Export_is_checked_offline_and_tells_up_to_where_others_cosigned()
    {
        await _node.AppendAsync(10);
        Assert.Null(await _node.ShowAsync(_site));
        await _node.AppendAsync(3);

        var verdict = await VerifyAsync(await ExportAsync(null));
        Assert.True(verdict.Ok, verdict.Why);
        var log = Assert.Single(verdict.Logs);
        Assert.Equal((13L, 13L, 13L, 10L, false), (verdict.Entries, log.Entries, log.Checkpoint, log.Cosigned, log.Filtered));
    }

    [Fact]
    public async Task Export_with_a_filter_shows_that_each_entry_is_in_the_log()
    {
        var host = HostId.New();
        await _node.AppendAsync(300, i => new AuditEvent(i % 100 == 7 ? "host.tag" : "host.ban", new("ada")) { Hosts = i == 107 ? [HostId.New(), host] : [] });
        var text = await ExportAsync(new AuditQuery { Operation = "host.tag" });
        var verdict = await VerifyAsync(text);
        Assert.True(verdict.Ok, verdict.Why);
        Assert.Equal((3L, true), (verdict.Entries, verdict.Logs[0].Filtered));
        Assert.False((await VerifyAsync(text.Replace("host.tag", "host.tug", StringComparison.Ordinal))).Ok);
        Assert.Equal([108L], (await _node.Entries.ListAsync(new AuditQuery { Limit = 9, Host = host.Value }, default)).Select(r => r.Row.Facts.Seq));
    }

    [Fact]
    public async Task Export_that_was_changed_cut_or_shortened_is_found_out()
    {
        await _node.AppendAsync(10);
        Assert.Null(await _node.ShowAsync(_site));
        var text = await ExportAsync(null);
        var lines = text.TrimEnd('\n').Split('\n').ToList();
        var entries = lines.Select((l, i) => (l, i)).Where(l => l.l.Contains("\"entry\":", StringComparison.Ordinal)).Select(l => l.i).ToList();
        Assert.Equal(10, entries.Count);
        string Without(params int[] gone) => string.Join('\n', lines.Where((_, i) => !gone.Contains(i))) + "\n";

        Assert.Contains("cut short", (await VerifyAsync(Without(lines.Count - 1))).Why, StringComparison.Ordinal);
        Assert.Contains("missing", (await VerifyAsync(Without(entries[4]))).Why, StringComparison.Ordinal);
        Assert.False((await VerifyAsync(Without(entries[9]))).Ok);
        Assert.False((await VerifyAsync(text.Replace("\\\"actor\\\":\\\"ada\\\"", "\\\"actor\\\":\\\"eve\\\"", StringComparison.Ordinal))).Ok);
        Assert.False((await VerifyAsync(Without([.. lines.Select((l, i) => (l, i)).Where(l => l.l.Contains("\"note\"", StringComparison.Ordinal)).Select(l => l.i)]))).Ok);
        Assert.False((await new AuditExportVerifier([new TestPki(_pki.Time).Root.Certificate]).VerifyAsync(new StringReader(text), default)).Ok);

        // The last entry left out, and every count made to fit: the checkpoint tells.
        var shorter = JsonNode.Parse(lines[^1])!;
        shorter["entries"] = 9;
        Assert.False((await VerifyAsync(
            Without(entries[9], lines.Count - 1).Replace("\"entries\":10", "\"entries\":9", StringComparison.Ordinal) + shorter.ToJsonString() + "\n")).Ok);
    }

    private async Task<string> ExportAsync(AuditQuery? filter)
    {
        using var stream = new MemoryStream();
        await _node.Export.WriteAsync(filter, stream, default);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private Task<ExportVerdict> VerifyAsync(string text) =>
        new AuditExportVerifier([_pki.Root.Certificate]).VerifyAsync(new StringReader(text), default);
}
