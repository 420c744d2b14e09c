using Hanse.Protocol.Errors;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;
using Hanse.Trust.Joining;
using Hanse.Trust.Keys;

namespace Hanse.Site.Enrollment;

/// <summary>Joins this site by a join string (J1, J2). The key is saved before it is used, so a join that broke off anywhere is simply
/// repeated and gets the same answer.</summary>
internal sealed class SiteJoiner(SiteIdentity identity, SiteOptions options, TimeProvider time)
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Null when the site has joined; otherwise why it could not, with nothing changed.</summary>
    public async Task<JoinRefusal?> JoinAsync(string joinString, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            if (identity.Self is { } self)
            {
                return new JoinRefusal(
                    ErrorCodes.AlreadyJoined,
                    $"This site is “{self.Name}” ({self.Id}) of federation {self.Federation} already. Its data folder belongs to that site for good; use another one.");
            }

            var outcome = JoinString.Parse(joinString, NodeKind.Site, time.GetUtcNow());
            // One past its time by this clock is still shown to the coordinator, whose clock judges.
            var invitation = outcome switch
            {
                JoinStringOutcome.Read read => read.Invitation,
                JoinStringOutcome.Expired expired => expired.Invitation,
                _ => null,
            };
            return invitation is null ? new JoinRefusal(outcome.Code, outcome.Message) : await RedeemAsync(invitation, cancellation);
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<JoinRefusal?> RedeemAsync(JoinInvitation invitation, CancellationToken cancellation)
    {
        Directory.CreateDirectory(options.IdentityFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var key = NodeKey.LoadOrGenerate(identity.FilePath("joining.key"));
        var description = new SiteDescription(SiteModule.Version, Capabilities.OfLink);
        switch (await new JoinClient(time).JoinSiteAsync(invitation, key, description, cancellation))
        {
            case SiteJoinOutcome.Joined joined:
                await identity.CompleteJoinAsync(joined, key, cancellation);
                File.Delete(identity.FilePath("joining.key"));
                return null;
            case SiteJoinOutcome.Refused refused:
                return refused.Refusal;
            default:
                throw new InvalidOperationException("An outcome of joining is not handled.");
        }
    }
}
