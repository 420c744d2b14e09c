namespace Hanse.Server.Cli.Connection;

/// <summary>What <c>hanse login</c> remembers of a federation. The file is the owner's alone (0600): it holds a token.</summary>
public sealed class Profile
{
    /// <summary><c>https://host:port</c> or <c>unix:/path/to/socket</c>.</summary>
    public string Address { get; set; } = "";

    /// <summary>TLS server name to ask for and to verify; empty: the address's host.</summary>
    public string ServerName { get; set; } = "";

    /// <summary>The federation's roots in PEM. Nothing else is trusted.</summary>
    public List<string> Roots { get; set; } = [];

    /// <summary>The server has a certificate that this machine's own trust store vouches for; the roots are not asked.</summary>
    public bool SystemTrust { get; set; }

    public string User { get; set; } = "";

    public string Token { get; set; } = "";
}
