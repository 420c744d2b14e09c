using System.Runtime.InteropServices;

namespace Hanse.Gateway.Native;

/// <summary>Linux system calls of the relay, through the C library. 64 bit; glibc or musl.</summary>
/// <remarks>Calls on non-blocking descriptors suppress the GC transition: they are short and never wait, and the error number they leave is
/// read directly (<see cref="ErrorPlace"/>). What can wait has the usual transition.</remarks>
internal static unsafe partial class Linux
{
    internal const int Interrupted = 4;
    internal const int TryAgain = 11;
    internal const int InvalidArgument = 22;
    internal const int InProgress = 115;
    internal const int ConnectionAborted = 103;
    internal const int TooManyFiles = 24;
    internal const int NonBlocking = 0x800;
    internal const int CloseOnExec = 0x80000;

    internal const int FamilyUnix = 1;
    internal const int Family4 = 2;
    internal const int Family6 = 10;
    internal const int Stream = 1;

    internal const int Peek = 2;
    internal const int DontWait = 0x40;
    internal const int NoSignal = 0x4000;
    internal const int Truncate = 0x20;
    internal const int MessageCloseOnExec = 0x40000000;

    internal const int LevelSocket = 1;
    internal const int ReuseAddress = 2;
    internal const int SocketError = 4;
    internal const int KeepAlive = 9;
    internal const int Linger = 13;
    internal const int PeerCredentials = 17;
    internal const int PassRights = 1;
    internal const int ReceiveLowWater = 18;
    internal const int AcceptConnections = 30;
    internal const int LevelTcp = 6;
    internal const int NoDelay = 1;
    internal const int KeepIdle = 4;
    internal const int KeepInterval = 5;
    internal const int KeepCount = 6;
    internal const int LevelIpv6 = 41;
    internal const int Ipv6Only = 26;

    internal const uint EventIn = 1;
    internal const uint EventOut = 4;
    internal const uint EventError = 8;
    internal const uint EventHangUp = 0x10;
    internal const uint EventReadHangUp = 0x2000;
    internal const uint EventExclusive = 1u << 28;
    internal const uint EventEdge = 1u << 31;
    internal const int ControlAdd = 1;
    internal const int ControlDelete = 2;
    internal const int ControlModify = 3;

    internal const uint SpliceMove = 1;
    internal const uint SpliceNonBlocking = 2;
    internal const int SetPipeSize = 1031;
    internal const int GetPipeSize = 1032;
    internal const int ShutWrite = 1;
    internal const int ShutBoth = 2;

    internal const int ProtectReadWrite = 3;
    internal const int MapPrivateAnonymous = 0x22;
    internal const int MapNoReserve = 0x4000;
    internal const int DontNeed = 4;
    internal const int LimitFiles = 7;

    [StructLayout(LayoutKind.Sequential)]
    internal struct ResourceLimit
    {
        internal ulong Soft;
        internal ulong Hard;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Credentials
    {
        internal int Process;
        internal uint User;
        internal uint Group;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct IoVector
    {
        internal void* Base;
        internal nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader
    {
        internal void* Name;
        internal uint NameLength;
        internal IoVector* Vectors;
        internal nuint VectorCount;
        internal void* Control;
        internal nuint ControlLength;
        internal int Flags;
    }

    /// <summary>Where the calling thread's error number is; the same place for the life of a thread.</summary>
    [LibraryImport("libc", EntryPoint = "__errno_location")]
    internal static partial int* ErrorPlace();

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int EpollCreate(int flags);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "epoll_ctl")]
    internal static partial int EpollControl(int epoll, int operation, int descriptor, byte* change);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    internal static partial int EpollWait(int epoll, byte* events, int most, int milliseconds);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    internal static partial int EpollPoll(int epoll, byte* events, int most, int zero);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int EventDescriptor(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    internal static partial int Socket(int family, int type, int protocol);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "socket")]
    internal static partial int SocketFast(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    internal static partial int Bind(int descriptor, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    internal static partial int Listen(int descriptor, int backlog);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "accept4")]
    internal static partial int Accept(int descriptor, byte* address, uint* length, int flags);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    internal static partial int AcceptWaiting(int descriptor, byte* address, uint* length, int flags);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "connect")]
    internal static partial int Connect(int descriptor, byte* address, uint length);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "setsockopt")]
    internal static partial int SetOption(int descriptor, int level, int option, void* value, uint length);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "getsockopt")]
    internal static partial int GetOption(int descriptor, int level, int option, void* value, uint* length);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "getpeername")]
    internal static partial int PeerName(int descriptor, byte* address, uint* length);

    [LibraryImport("libc", EntryPoint = "getsockname")]
    internal static partial int OwnName(int descriptor, byte* address, uint* length);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "recv")]
    internal static partial nint Receive(int descriptor, byte* buffer, nint count, int flags);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "send")]
    internal static partial nint Send(int descriptor, byte* buffer, nint count, int flags);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "write")]
    internal static partial nint Write(int descriptor, byte* buffer, nint count);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "read")]
    internal static partial nint Read(int descriptor, byte* buffer, nint count);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "splice")]
    internal static partial nint Splice(int from, long* fromOffset, int to, long* toOffset, nint count, uint flags);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "pipe2")]
    internal static partial int Pipe(int* ends, int flags);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "fcntl")]
    internal static partial int FileControl(int descriptor, int command, int value);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "shutdown")]
    internal static partial int Shutdown(int descriptor, int how);

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    internal static partial int Advise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    internal static partial int GetLimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    internal static partial int SetLimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    internal static partial nint SendMessage(int descriptor, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    internal static partial nint ReceiveMessage(int descriptor, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint EffectiveUser();
}
