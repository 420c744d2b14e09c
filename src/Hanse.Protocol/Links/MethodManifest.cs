using Google.Protobuf.Reflection;
using Hanse.Protocol.Messages;

namespace Hanse.Protocol.Links;

/// <summary>Who may call what over a link, with which messages. The one list: a link refuses what is not in it, and a test
/// holds it against <see cref="Method"/> and against the handlers of every node.</summary>
public static class MethodManifest
{
    private static readonly Dictionary<Method, MethodContract> Contracts = new MethodContract[]
    {
        new(Method.InventoryReport, NodeKind.Agent, NodeKind.Site, InventoryReport.Descriptor, InventoryReceipt.Descriptor),
        new(Method.ExecutionReport, NodeKind.Agent, NodeKind.Site, ExecutionReport.Descriptor, ExecutionReceipt.Descriptor),
        new(Method.OutputReport, NodeKind.Agent, NodeKind.Site, OutputReport.Descriptor, OutputReceipt.Descriptor),
        new(Method.MetricsKey, NodeKind.Agent, NodeKind.Site, MetricsKeyRequest.Descriptor, MetricsKey.Descriptor),
        new(Method.MetricsReport, NodeKind.Agent, NodeKind.Site, MetricsReport.Descriptor, MetricsReceipt.Descriptor),
        new(Method.ExecutionOffer, NodeKind.Site, NodeKind.Agent, ExecutionOffer.Descriptor, ExecutionReport.Descriptor),
        new(Method.ExecutionCancel, NodeKind.Site, NodeKind.Agent, ExecutionCancel.Descriptor, ExecutionReport.Descriptor),
        new(Method.InventoryRefresh, NodeKind.Site, NodeKind.Agent, InventoryRefresh.Descriptor, Empty.Descriptor),
        new(Method.AgentTrust, NodeKind.Site, NodeKind.Agent, TrustSet.Descriptor, Empty.Descriptor),
        new(Method.AgentRenew, NodeKind.Site, NodeKind.Agent, RenewNow.Descriptor, Empty.Descriptor),
        new(Method.AgentPaths, NodeKind.Site, NodeKind.Agent, SitePaths.Descriptor, Empty.Descriptor),
        new(Method.RecordBatch, NodeKind.Site, NodeKind.Coordinator, RecordBatch.Descriptor, RecordReceipt.Descriptor),
        new(Method.StateBatch, NodeKind.Site, NodeKind.Coordinator, StateBatch.Descriptor, StateReceipt.Descriptor),
        new(Method.SiteStatus, NodeKind.Site, NodeKind.Coordinator, SiteStatus.Descriptor, Empty.Descriptor),
        new(Method.SiteLeave, NodeKind.Site, NodeKind.Coordinator, SiteLeave.Descriptor, Empty.Descriptor),
        new(Method.TrustReport, NodeKind.Site, NodeKind.Coordinator, TrustReport.Descriptor, Empty.Descriptor),
        new(Method.SiteAuditCosign, NodeKind.Site, NodeKind.Coordinator, AuditCosign.Descriptor, AuditCosigned.Descriptor),
        new(Method.CommandDispatch, NodeKind.Coordinator, NodeKind.Site, CommandDispatch.Descriptor, Empty.Descriptor),
        new(Method.CommandCancel, NodeKind.Coordinator, NodeKind.Site, CommandCancel.Descriptor, Empty.Descriptor),
        new(Method.DesiredState, NodeKind.Coordinator, NodeKind.Site, DesiredState.Descriptor, DesiredStateReceipt.Descriptor),
        new(Method.HostDetail, NodeKind.Coordinator, NodeKind.Site, HostDetailQuery.Descriptor, HostDetail.Descriptor),
        new(Method.ExecutionOutput, NodeKind.Coordinator, NodeKind.Site, ExecutionOutputQuery.Descriptor, ExecutionOutput.Descriptor),
        new(Method.HostRemove, NodeKind.Coordinator, NodeKind.Site, HostRemove.Descriptor, Empty.Descriptor),
        new(Method.HostRefresh, NodeKind.Coordinator, NodeKind.Site, HostRefresh.Descriptor, Empty.Descriptor),
        new(Method.SiteRenew, NodeKind.Coordinator, NodeKind.Site, RenewNow.Descriptor, Empty.Descriptor),
        new(Method.AuditCosign, NodeKind.Coordinator, NodeKind.Site, AuditCosign.Descriptor, AuditCosigned.Descriptor),
        new(Method.SiteRecovery, NodeKind.Coordinator, NodeKind.Site, SiteRecoveryQuery.Descriptor, SiteRecovery.Descriptor),
        new(Method.AuditHeld, NodeKind.Coordinator, NodeKind.Site, AuditHeldQuery.Descriptor, AuditHeld.Descriptor),
        new(Method.SiteLogRecover, NodeKind.Coordinator, NodeKind.Site, SiteLogRecover.Descriptor, SiteLogRecovered.Descriptor),
        new(Method.DirectoryDigest, NodeKind.Coordinator, NodeKind.Site, DirectoryDigestQuery.Descriptor, DirectoryDigest.Descriptor),
        new(Method.DirectoryResend, NodeKind.Coordinator, NodeKind.Site, DirectoryResend.Descriptor, Empty.Descriptor),
        new(Method.HostMetrics, NodeKind.Coordinator, NodeKind.Site, HostMetricsQuery.Descriptor, HostMetrics.Descriptor),
        new(Method.OutboxList, NodeKind.Coordinator, NodeKind.Site, OutboxQuery.Descriptor, OutboxPage.Descriptor),
        new(Method.OutboxShow, NodeKind.Coordinator, NodeKind.Site, OutboxEntryQuery.Descriptor, OutboxEntryDetail.Descriptor),
        new(Method.GatewayReport, NodeKind.Gateway, NodeKind.Coordinator, GatewayReport.Descriptor, Empty.Descriptor),
        new(Method.GatewayState, NodeKind.Coordinator, NodeKind.Gateway, GatewayState.Descriptor, GatewayStateReceipt.Descriptor),
        new(Method.OutboxSettle, NodeKind.Coordinator, NodeKind.Site, OutboxSettlement.Descriptor, Empty.Descriptor),
    }.ToDictionary(c => c.Method);

    public static IReadOnlyCollection<MethodContract> All => Contracts.Values;

    /// <summary>The contract, or null for a number this version does not know.</summary>
    public static MethodContract? Find(uint method) => Contracts.GetValueOrDefault((Method)method);

    /// <summary>True if a node of kind <paramref name="caller"/> may call the method at one of kind <paramref name="callee"/>.</summary>
    public static bool Permits(uint method, NodeKind caller, NodeKind callee) =>
        Find(method) is { } contract && contract.Caller == caller && contract.Callee == callee;
}

/// <summary>One callable method: its two parties and its two messages.</summary>
public sealed record MethodContract(Method Method, NodeKind Caller, NodeKind Callee, MessageDescriptor Request, MessageDescriptor Response);
