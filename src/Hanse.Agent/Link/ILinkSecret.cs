namespace Hanse.Agent.Link;

/// <summary>The secret of J5: given by the site at each hello and shown at the next.</summary>
public interface ILinkSecret
{
    byte[] Value { get; }

    /// <summary>Returns when it is kept as well as this store can.</summary>
    void Replace(byte[] next);
}
