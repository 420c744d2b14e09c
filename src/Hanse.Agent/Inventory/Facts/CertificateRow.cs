namespace Hanse.Agent.Inventory.Facts;

/// <summary>A certificate found on the disk. The fingerprint is the SHA-256 of its DER form, in hexadecimal.</summary>
internal sealed record CertificateRow(
    string Fingerprint, string Subject, string Issuer, string NotBefore, string NotAfter, string Serial, string Path);
