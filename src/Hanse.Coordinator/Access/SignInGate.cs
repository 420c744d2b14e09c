using Microsoft.AspNetCore.Identity;

namespace Hanse.Coordinator.Access;

/// <summary>Lets few logins hash at once, and a bounded number wait: a flood of them cannot take the process.</summary>
internal sealed class SignInGate : IDisposable
{
    private const int Waiting = 64;
    private readonly SemaphoreSlim _turns = new(Math.Max(1, Environment.ProcessorCount / 2));
    private int _inside;
    private string? _dummy;

    /// <summary>Null when too many wait already. Dispose to leave.</summary>
    public async Task<IDisposable?> TryEnterAsync(CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _inside) > Waiting)
        {
            Interlocked.Decrement(ref _inside);
            return null;
        }

        try
        {
            await _turns.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Decrement(ref _inside);
            throw;
        }

        return new Turn(this);
    }

    /// <summary>The hash of a password that nobody has, to spend on names that do not exist.</summary>
    public string DummyHash(IPasswordHasher<AccessUser> hasher) => _dummy ??= hasher.HashPassword(new(), TokenText.NewPassword());

    public void Dispose() => _turns.Dispose();

    private sealed class Turn(SignInGate gate) : IDisposable
    {
        public void Dispose()
        {
            gate._turns.Release();
            Interlocked.Decrement(ref gate._inside);
        }
    }
}
