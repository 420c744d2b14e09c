using System.Security.Cryptography;
using System.Text;

namespace Hanse.Storage.Migrations;

/// <summary>One numbered step of a schema. Once released its text never changes: <see cref="Fingerprint"/> is kept in the database.</summary>
public sealed record Migration(int Number, string Name, string Sql)
{
    /// <summary>SHA-256 of the text with line ends as LF, so that a checkout with other line ends is the same migration.</summary>
    public string Fingerprint =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.ReplaceLineEndings("\n"))));

    /// <summary>The name as in the source tree, such as <c>0002_hosts</c>.</summary>
    public override string ToString() => $"{Number:D4}_{Name}";
}
