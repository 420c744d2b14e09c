namespace Hanse.Link.Calls;

/// <summary>A token that fires when the time of one call is over or when <c>outer</c> fires. Zero time means no limit.</summary>
internal sealed class CallTime : IDisposable
{
    private readonly CancellationTokenSource? _source;
    private readonly CancellationTokenRegistration _registration;

    public CallTime(TimeSpan timeLeft, CancellationToken outer, TimeProvider clock)
    {
        Token = outer;
        if (timeLeft > TimeSpan.Zero)
        {
            _source = new CancellationTokenSource(timeLeft, clock);
            _registration = outer.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
            Token = _source.Token;
        }
    }

    public CancellationToken Token { get; }

    public void Dispose()
    {
        _registration.Dispose();
        _source?.Dispose();
    }
}
