using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Hanse.Audit.Checkpoints;
using Hanse.Protocol.Audit;
using Hanse.Protocol.Ids;

namespace Hanse.Audit.Exports;

/// <summary>Checks an export with nothing but the federation's root certificates (A1, A3): every entry is hashed and the tree grown anew; each checkpoint
/// in the file must be of that tree, and the newest of each log be signed by its owner. Reads line by line; memory does not grow with the log.</summary>
public sealed class AuditExportVerifier(IReadOnlyCollection<X509Certificate2> roots)
{
    private readonly List<byte[]> _certificates = [];
    private readonly Dictionary<Guid, List<SignedCheckpoint>> _notes = [];
    private readonly List<ExportedLog> _logs = [];
    private Growing? _growing;
    private long _entries;

    public async Task<ExportVerdict> VerifyAsync(TextReader lines, CancellationToken cancellation)
    {
        var number = 0;
        var ended = false;
        try
        {
            while (await lines.ReadLineAsync(cancellation) is { } text)
            {
                number++;
                var line = JsonSerializer.Deserialize<ExportLine>(text, ExportLine.Json) ?? throw new InvalidDataException("it is empty.");
                ended = ended ? throw new InvalidDataException("there is something after the last line.") : Take(line);
            }

            return ended
                ? new(true, null, _entries, _logs)
                : No($"The file ends after line {number} without its last line: it was cut short.");
        }
        catch (Exception wrong) when (wrong is InvalidDataException or JsonException or FormatException)
        {
            return No($"Line {number}: {wrong.Message}");
        }
    }

    /// <summary>True for the last line.</summary>
    private bool Take(ExportLine line)
    {
        switch (line.Type)
        {
            case ExportKinds.Certificate:
                _certificates.Add(Convert.FromBase64String(line.Der ?? ""));
                return false;
            case ExportKinds.Checkpoint:
                var signed = SignedCheckpoint.TryParse(line.Note ?? "", out var read) ? read : throw new InvalidDataException("the checkpoint cannot be read.");
                (_notes.TryGetValue(signed.Checkpoint.Log, out var notes) ? notes : _notes[signed.Checkpoint.Log] = []).Add(signed);
                return false;
            case ExportKinds.Log:
                Finish();
                var log = Guid.TryParseExact(line.Log, "n", out var id) ? id : throw new InvalidDataException("the log has no id.");
                _growing = new(log, line.Entries ?? 0, line.Filtered == true, line.Ended == true, [.. _notes.GetValueOrDefault(log, []).OrderBy(n => n.Checkpoint.Size)]);
                return false;
            case ExportKinds.Entry:
                (_growing ?? throw new InvalidDataException("an entry comes before its log.")).Take(line);
                _entries++;
                return false;
            case ExportKinds.End:
                Finish();
                return line.Entries == _entries ? true : throw new InvalidDataException($"the file has {_entries} entries, and should have {line.Entries}.");
            default:
                throw new InvalidDataException($"its type {line.Type} is not known.");
        }
    }

    private void Finish()
    {
        if (_growing is { } log)
        {
            _logs.Add(log.Finish(SignerCertificates.OfDer(_certificates), roots));
            _growing = null;
        }
    }

    private ExportVerdict No(string why) => new(false, why, _entries, _logs);

    /// <summary>A log whose entries are being read.</summary>
    private sealed class Growing(Guid log, long size, bool filtered, bool ended, IReadOnlyList<SignedCheckpoint> notes)
    {
        private MerkleFrontier _frontier = MerkleFrontier.Empty;
        private int _next;

        public void Take(ExportLine line)
        {
            var bytes = Encoding.UTF8.GetBytes(line.Entry ?? "");
            if (!AuditDocument.TryRead(bytes, out var document, out var why))
            {
                throw new InvalidDataException(why);
            }

            var targets = Convert.FromBase64String(line.Hosts ?? "");
            if (document.Log != log || AuditTargets.Read(targets)?.Count != document.Facts.HostsCount || AuditTargets.Root(targets) != document.Facts.HostsRoot)
            {
                throw new InvalidDataException("the entry is of another log, or its hosts are not those it was written for.");
            }

            if (filtered)
            {
                Included(document.Facts.Seq, bytes, line.Path ?? []);
                return;
            }

            _frontier = _frontier.Append(MerkleHash.Leaf(bytes));
            if (document.Facts.Seq != (long)_frontier.Count)
            {
                throw new InvalidDataException($"entry {_frontier.Count} is missing.");
            }

            for (; _next < notes.Count && notes[_next].Checkpoint.Size == (long)_frontier.Count; _next++)
            {
                if (!notes[_next].Checkpoint.Root.AsSpan().SequenceEqual(_frontier.Root()))
                {
                    throw new InvalidDataException($"the first {_frontier.Count} entries are not those of the checkpoint signed at {notes[_next].Checkpoint.Time:u}.");
                }
            }
        }

        public ExportedLog Finish(SignerCertificates certificates, IReadOnlyCollection<X509Certificate2> roots)
        {
            if (!filtered && ((long)_frontier.Count != size || _next < notes.Count))
            {
                throw new InvalidDataException($"log {IdText.Format(log)} has {_frontier.Count} entries in this file, and should have {Math.Max(size, notes.LastOrDefault()?.Checkpoint.Size ?? 0)}.");
            }

            if (notes.Count == 0 && ended)
            {
                return new(IdText.Format(log), size, 0, default, filtered, [], 0);
            }

            if (notes.Count == 0)
            {
                throw new InvalidDataException($"log {IdText.Format(log)} has no signed checkpoint in this file, so nothing in it is proved.");
            }

            var newest = notes[^1];
            var (signers, fault) = SignatureCheck.Judge(newest, certificates, roots);
            var cosigned = notes.LastOrDefault(n => n.Signatures.Count > 1 && SignatureCheck.Judge(n, certificates, roots).Signers.Count > 1);
            return fault is null
                ? new(IdText.Format(log), size, newest.Checkpoint.Size, newest.Checkpoint.Time, filtered, signers, cosigned?.Checkpoint.Size ?? 0)
                : throw new InvalidDataException(fault);
        }

        private void Included(long seq, byte[] bytes, IReadOnlyList<string> path)
        {
            var checkpoint = notes.Count > 0 ? notes[^1].Checkpoint : throw new InvalidDataException("the log has no checkpoint.");
            if (!MerkleProof.VerifyInclusion(
                (ulong)seq - 1, (ulong)checkpoint.Size, MerkleHash.Leaf(bytes), [.. path.Select(Convert.FromBase64String)], checkpoint.Root))
            {
                throw new InvalidDataException($"entry {seq} is not in the log that was signed.");
            }
        }
    }
}

/// <summary>What an export shows. Without <see cref="Ok"/> nothing after the place that <see cref="Why"/> names was looked at.</summary>
public sealed record ExportVerdict(bool Ok, string? Why, long Entries, IReadOnlyList<ExportedLog> Logs);

/// <param name="Log">Its id.</param>
/// <param name="Entries">How many it had when it was exported.</param>
/// <param name="Checkpoint">Size of its newest checkpoint: what is signed.</param>
/// <param name="Time">When that was signed.</param>
/// <param name="Filtered">Entries may have been left out.</param>
/// <param name="Signers">Who signed that one.</param>
/// <param name="Cosigned">Size of the newest checkpoint that others have cosigned, 0 if there is none.</param>
public sealed record ExportedLog(string Log, long Entries, long Checkpoint, DateTimeOffset Time, bool Filtered, IReadOnlyList<string> Signers, long Cosigned);
