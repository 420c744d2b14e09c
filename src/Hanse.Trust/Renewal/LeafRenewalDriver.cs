using Hanse.Trust.Joining;
using Hanse.Trust.Keys;
using Hanse.Trust.Verification;

namespace Hanse.Trust.Renewal;

/// <summary>Renews a dialling node's certificate at half of its life ± 10 % with a new key (T3), and tries on after its end (T6). The new key is on
/// disk before it is sent, so that a renewal whose answer got lost is repeated with the same key.</summary>
/// <param name="credential">What is renewed.</param>
/// <param name="trust">Judges the server, and takes the trust set that it gives.</param>
/// <param name="server">Who renews it; asked before each try.</param>
/// <param name="keyPath">Where the new key lies until it is in use.</param>
/// <param name="random">Spreads the renewals of many nodes.</param>
/// <param name="time">Says when.</param>
public sealed class LeafRenewalDriver(CurrentCredential credential, CurrentTrust trust, Func<SessionTarget> server, string keyPath, Random random, TimeProvider time)
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(6);
    private readonly RenewClient _client = new(time);
    private readonly PeerVerifier _verifier = new(trust, time);
    private readonly SemaphoreSlim _one = new(1, 1);
    private DateTimeOffset _next;

    /// <summary>Raised after the credential was replaced.</summary>
    public event Action? Renewed;

    /// <summary>Raised when a try failed, with a code where the server refused it. It is tried again.</summary>
    public event Action<string?, string>? Failed;

    /// <summary>Renews before its hour, for the server asks or has said that the certificate has ended. True once the new one is in use.</summary>
    public async Task<bool> RenewNowAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            var renewed = await RenewAsync(cancellation);
            _next = renewed ? FirstTry() : _next;
            return renewed;
        }
        finally
        {
            _one.Release();
        }
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        _next = FirstTry();
        while (true)
        {
            if (time.GetUtcNow() is var now && now < _next)
            {
                // In short sleeps: the wall clock may be set, and a long sleep would not notice.
                await Task.Delay(RenewalPlanner.Step(now, _next, LongestSleep), time, cancellation);
                continue;
            }

            if (!await RenewNowAsync(cancellation))
            {
                _next = RenewalPlanner.NextTry(credential.Value.NotAfter, time.GetUtcNow(), random);
            }
        }
    }

    private DateTimeOffset FirstTry() => RenewalPlanner.FirstTry(credential.Value.NotBefore, credential.Value.NotAfter, random);

    private async Task<bool> RenewAsync(CancellationToken cancellation)
    {
        try
        {
            var key = NodeKey.LoadOrGenerate(keyPath);
            var outcome = await _client.RenewAsync(server(), credential.Value, _verifier, key, cancellation);
            if (outcome is RenewOutcome.Renewed renewed)
            {
                trust.Accept(renewed.Trust);
                credential.Swap(renewed.ToCredential(key));
                File.Delete(keyPath);
                Renewed?.Invoke();
                return true;
            }

            var refusal = ((RenewOutcome.Refused)outcome).Refusal;
            Failed?.Invoke(refusal.Code, refusal.Message);
        }
        catch (IOException failure)
        {
            Failed?.Invoke(null, $"The new certificate could not be stored: {failure.Message} Free disk space.");
        }

        return false;
    }
}
