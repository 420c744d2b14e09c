namespace Hanse.Server.Configuration;

/// <summary>What a server process is; it may be both.</summary>
public enum ServerRole
{
    Coordinator,
    Site,
}
