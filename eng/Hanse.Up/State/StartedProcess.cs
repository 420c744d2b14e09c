using System.Text.Json.Serialization;
using Hanse.Up.Processes;

namespace Hanse.Up.State;

/// <summary>One process that was started here, as <c>./up --status</c> shows it. <see cref="Stamp"/> tells it from any later process
/// that gets the same pid.</summary>
internal sealed record StartedProcess(string Role, string Name, ProcessStamp Stamp, string Address, string DataDir, string Log)
{
    [JsonIgnore]
    public int Pid => Stamp.Pid;

    [JsonIgnore]
    public bool IsAlive => Stamp.IsAlive;
}
