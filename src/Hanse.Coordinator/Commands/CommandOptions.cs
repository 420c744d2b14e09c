using System.ComponentModel.DataAnnotations;

namespace Hanse.Coordinator.Commands;

/// <summary>Section <c>coordinator.commands</c>.</summary>
public sealed class CommandOptions
{
    /// <summary>Deadline for starting where a command names none.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan DefaultDeadline { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long after deadline and timeout an outcome may still be on its way before <c>unknown</c> is written (D2).</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a site has to confirm that it holds a command; then it is sent again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often queue and deadlines are looked at without being woken.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:10:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a command and its executions are kept once nothing can change them; the audit log keeps its entries for good.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(90);
}
