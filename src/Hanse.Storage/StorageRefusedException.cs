namespace Hanse.Storage;

/// <summary>
/// Storage cannot be opened as asked, and a retry without a change would end the same. The message says what happened, why, and what
/// to do; it is meant for the operator as it stands and holds no secret.
/// </summary>
public sealed class StorageRefusedException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>One of <see cref="StorageErrorCodes"/>.</summary>
    public string Code { get; } = code;
}
