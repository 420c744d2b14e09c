namespace Hanse.Agent.Native;

/// <summary>How a child ended: by <paramref name="Code"/>, or by <paramref name="Signal"/> when that is not zero.</summary>
internal readonly record struct ChildExit(int Code, int Signal)
{
    internal static ChildExit FromStatus(int status) =>
        (status & 0x7f) == 0 ? new ChildExit((status >> 8) & 0xff, 0) : new ChildExit(0, status & 0x7f);

    /// <summary>One number as a shell gives it: 128 plus the signal.</summary>
    internal int ShellCode => Signal == 0 ? Code : 128 + Signal;
}
