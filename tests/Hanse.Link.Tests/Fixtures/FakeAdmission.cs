using Google.Protobuf;
using Hanse.Link.Accepting;
using Hanse.Link.Dialing;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Links;
using Hanse.Protocol.Messages;

namespace Hanse.Link.Tests.Fixtures;

/// <summary>A server's admission with a settable decision.</summary>
internal sealed class FakeAdmission(ILinkHandler handler) : ILinkAdmission
{
    public Func<LinkCandidate, ValueTask<AdmissionDecision>> Decide { get; set; } = _ => ValueTask.FromResult<AdmissionDecision>(
        new AdmissionDecision.Welcomed(handler) { LinkSecret = ByteString.CopyFromUtf8("next"), Fence = 7 });

    public List<LinkCandidate> Candidates { get; } = [];

    public List<Exception> Faults { get; } = [];

    public ValueTask<AdmissionDecision> AdmitAsync(LinkCandidate candidate, CancellationToken cancellation)
    {
        lock (Candidates)
        {
            Candidates.Add(candidate);
        }

        return Decide(candidate);
    }

    public void OnFault(NodeIdentity peer, Exception fault) => Faults.Add(fault);
}

/// <summary>A dialling node that takes any welcome and remembers it.</summary>
internal sealed class FakeClient(NodeIdentity identity, ILinkHandler handler) : ILinkClient
{
    public NodeIdentity Identity { get; } = identity;

    public ILinkHandler Handler { get; } = handler;

    public Welcome? Welcomed { get; private set; }

    public Error? Decline { get; set; }

    public Func<Error, bool> Final { get; set; } = _ => false;

    public Hello CreateHello() => new() { SoftwareVersion = "test", Capabilities = { Capabilities.OfLink } };

    public ValueTask<Error?> OnWelcomeAsync(NodeIdentity server, Welcome welcome, CancellationToken cancellation)
    {
        Welcomed = welcome;
        return ValueTask.FromResult(Decline);
    }

    public bool IsFinal(Error error) => Final(error);
}
