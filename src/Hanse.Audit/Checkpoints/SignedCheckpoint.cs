using System.Text;

namespace Hanse.Audit.Checkpoints;

/// <summary>A checkpoint as a C2SP signed-note: its text, an empty line, and the signatures; the owner's and those of the witnesses.</summary>
public sealed record SignedCheckpoint(Checkpoint Checkpoint, IReadOnlyList<NoteSignature> Signatures)
{
    /// <summary>Longer than any with a thousand cosigners.</summary>
    public const int MaximumLength = 512 * 1024;

    public string ToText()
    {
        var text = new StringBuilder(Checkpoint.ToText()).Append('\n');
        foreach (var signature in Signatures)
        {
            text.Append(signature.ToLine()).Append('\n');
        }

        return text.ToString();
    }

    public static bool TryParse(string text, out SignedCheckpoint signed)
    {
        signed = null!;
        var gap = text.Length <= MaximumLength ? text.IndexOf("\n\n", StringComparison.Ordinal) : -1;
        if (gap < 0 || !text.EndsWith('\n') || !Checkpoint.TryParse(text[..(gap + 1)], out var checkpoint))
        {
            return false;
        }

        var signatures = new List<NoteSignature>();
        foreach (var line in text[(gap + 2)..^1].Split('\n'))
        {
            if (!NoteSignature.TryParse(line, out var signature))
            {
                return false;
            }

            signatures.Add(signature);
        }

        signed = new(checkpoint, signatures);
        return signatures.Count > 0;
    }

    /// <summary>The owner's own signature, or null.</summary>
    public NoteSignature? OfOwner => Signatures.FirstOrDefault(s => s.Signer == Checkpoint.Owner.ToString());
}
