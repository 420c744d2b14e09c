using Hanse.Protocol.Messages;

namespace Hanse.Site.Enrollment;

/// <summary>What a joining machine says of itself is stored and shown: bounded, and without control characters. Pure.</summary>
internal static class JoinText
{
    private const int MaxHostname = 255;
    private const int MaxOther = 64;

    /// <summary>The first field that cannot be taken, or null.</summary>
    public static (string Field, string Message)? Fault(AgentJoinRequest request)
    {
        if (request.Hostname.Length == 0)
        {
            return ("hostname", "The host has no name; set one and join again.");
        }

        return Fault("hostname", request.Hostname, MaxHostname) ?? Fault("machineId", request.MachineId, MaxOther)
            ?? Fault("bootId", request.BootId, MaxOther) ?? Fault("softwareVersion", request.SoftwareVersion, MaxOther);
    }

    private static (string, string)? Fault(string field, string text, int max)
    {
        if (text.Length > max)
        {
            return (field, $"{field} has {text.Length} characters; at most {max} are taken.");
        }

        return text.Any(char.IsControl) ? (field, $"{field} holds control characters.") : null;
    }
}
