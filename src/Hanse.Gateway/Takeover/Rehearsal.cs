using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using Hanse.Gateway.Relay;

namespace Hanse.Gateway.Takeover;

/// <summary>Has the runtime compile both sides of a takeover while nobody waits for it: connections stand still from the first message to the last.</summary>
internal static class Rehearsal
{
    internal static void Run()
    {
        foreach (var (message, descriptors) in TakeoverFormat.OfConnections([new ConnectionRecord("rehearsal", 0, 1)]))
        {
            _ = TakeoverFormat.ReadConnections(TakeoverFormat.Open(message)!.Value.Body, descriptors);
        }

        _ = TakeoverFormat.ReadSockets(TakeoverFormat.Open(TakeoverFormat.OfSockets(["rehearsal"]))!.Value.Body);
        _ = TakeoverFormat.Open(TakeoverFormat.End(0));
        Compile(typeof(TakenOver));
        Compile(typeof(TakeoverServer));
        Compile(typeof(DescriptorChannel));
        Compile(typeof(ConnectionRecord));
        Compile(typeof(FrozenRelay));
        Compile(typeof(Adopter));
        Compile(typeof(Pump));
        Compile(typeof(Closer));
        Compile(typeof(Worker));
        Compile(typeof(WorkerState));
        Compile(typeof(EndTable));
        Compile(typeof(RelayLimits));
    }

    private static void Compile(
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods)] Type type)
    {
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        foreach (var method in type.GetMethods(All).Where(m => !m.IsAbstract && !m.ContainsGenericParameters))
        {
            RuntimeHelpers.PrepareMethod(method.MethodHandle);
        }
    }
}
