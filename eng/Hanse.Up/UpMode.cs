namespace Hanse.Up;

internal enum UpMode
{
    /// <summary>Starts what is missing, stays, and ends everything on Ctrl-C.</summary>
    Foreground,

    /// <summary>Starts what is missing and returns once all is ready.</summary>
    Detach,

    /// <summary>Ends exactly what was started.</summary>
    Stop,

    /// <summary>Lists what runs.</summary>
    Status,

    Help,
}
