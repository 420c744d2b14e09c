using Hanse.Audit;
using Hanse.Coordinator.Commands.Deadlines;
using Dapper;
using Google.Protobuf;
using Hanse.Coordinator.Access.Api;
using Hanse.Coordinator.Backup;
using Hanse.Coordinator.Commands;
using Hanse.Coordinator.Commands.Api;
using Hanse.Coordinator.Commands.Intake;
using Hanse.Coordinator.Commands.Reading;
using Hanse.Coordinator.Hosts.Api;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;
using Hanse.Storage.Backups;
using Hanse.Storage.Migrations;
using Hanse.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hanse.Coordinator.Tests.Commands;

/// <summary>The commands slice on a real database, with sites and a host directory that tests play.</summary>
internal sealed class CommandWorld : IAsyncDisposable
{
    public static readonly ActorContext Ada = new("ada", null, "192.0.2.7");

    private CommandWorld(TestDatabase database)
    {
        Database = database;
        var audit = new AuditLog(Clock);
        Signals = new(database.DataSource, Clock, NullLogger<CommandSignals>.Instance);
        Service = new(database.DataSource, Hosts, audit, Options, Clock);
        Reader = new(database.DataSource, Signals, Clock);
        Intake = new(new(Hosts, Options, Clock), audit, Clock);
        Reaper = new(database.DataSource, audit, Options, Clock, NullLogger<CommandReaperDriver>.Instance);
        Driver = NewDriver();
    }

    public TestDatabase Database { get; }

    public ManualClock Clock { get; } = new();

    public CommandOptions Options { get; } = new() { Grace = TimeSpan.FromMinutes(5) };

    public FakeHosts Hosts { get; } = new();

    public FakeSites Sites { get; } = new();

    public CommandSignals Signals { get; }

    public CommandService Service { get; }

    public CommandReader Reader { get; }

    public ExecutionIntake Intake { get; }

    public CommandReaperDriver Reaper { get; }

    public CommandDispatchDriver Driver { get; private set; }

    public SiteId North { get; } = SiteId.New();

    public SiteId South { get; } = SiteId.New();

    public static async Task<CommandWorld> CreateAsync() =>
        new(await TestDatabase.CreateAsync(MigrationSet.FromAssembly(typeof(CommandService).Assembly)));

    public static CommandRequest Uname(params HostTarget[] hosts) =>
        new([.. hosts.Select(h => h.Id.ToString())], new(Arguments: ["uname", "-a"], Timeout: TimeSpan.FromMinutes(1)), TimeSpan.FromHours(1), "look");

    /// <summary>Another coordinator process after a crash of the first.</summary>
    public void RestartDriver() => Driver = NewDriver();

    public async Task<CommandId> IssueAsync(params HostTarget[] hosts) =>
        Assert.IsType<Issued>(await Service.IssueAsync(Uname(hosts), null, Ada, default)).Command;

    public async Task<CommandView> ViewAsync(CommandId id) => (await Reader.GetAsync(id, TimeSpan.Zero, null, default))!;

    /// <summary>The states of its executions, by hostname.</summary>
    public async Task<string> StatesAsync(CommandId id) =>
        string.Join(' ', (await ViewAsync(id)).Executions!.OrderBy(e => e.Host, StringComparer.Ordinal).Select(e => e.State));

    public async Task DispatchAsync()
    {
        await Driver.PassAsync(default);
        await Driver.SettleAsync();
    }

    public async Task PassAsync(TimeSpan time)
    {
        Clock.Advance(time);
        await Reaper.PassAsync(default);
    }

    /// <summary>The database is that of a backup from now on.</summary>
    public async Task ReviveAsync()
    {
        await using var connection = await Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var backup = new CoordinatorBackup(new CoordinatorOptions { DataFolder = "/nowhere", KeyFile = "/nowhere", Names = TestPki.Names("hq.test"), Addresses = [] }, Clock);
        await backup.ReviveAsync(transaction, new BackupHeader("", "", "", "", Clock.GetUtcNow(), KeysOnly: false, [], 0, []), default);
        await transaction.CommitAsync();
    }

    public async Task ReplayAsync(SiteId site)
    {
        await using var connection = await Database.DataSource.OpenConnectionAsync();
        await new CommandReplay(Signals, Clock).ReplayAsync(connection, site, default);
    }

    public async Task<IReadOnlyList<ExecutionIntakeResult>> TellAsync(SiteId site, params ExecutionRecord[] records)
    {
        await using var connection = await Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var results = await Intake.ApplyAsync(connection, transaction, site, records, default);
        await transaction.CommitAsync();
        return results;
    }

    public ExecutionRecord Record(CommandId command, HostId host, ExecutionState state, int? exitCode = null, CommandOrigin? origin = null)
    {
        var report = new ExecutionReport { CommandId = command.ToWire(), HostId = host.ToWire(), State = state };
        if (state is ExecutionState.Succeeded or ExecutionState.Failed)
        {
            report.ExitCode = exitCode ?? (state == ExecutionState.Succeeded ? 0 : 1);
            report.StartedUnixMs = report.FinishedUnixMs = Clock.GetUtcNow().ToUnixTimeMilliseconds();
            report.Stdout = new() { Head = ByteString.CopyFromUtf8("Linux\n"), Length = 6 };
            report.Stderr = new();
        }

        return new() { Report = report, Origin = origin };
    }

    /// <summary>Operations and outcomes of the audit log, oldest first; the log verifies.</summary>
    public async Task<IReadOnlyList<string>> AuditAsync()
    {
        var found = await new AuditVerifier(Database.DataSource).VerifyAsync(default);
        Assert.True(found.Ok, found.Why);
        await using var connection = await Database.DataSource.OpenConnectionAsync();
        return (await connection.QueryAsync<string>(
            "select operation || coalesce(' ' || outcome, '') || ' ' || hosts_count from audit_entry order by seq")).AsList();
    }

    /// <summary>The counts kept for a command are the counts there are.</summary>
    public async Task AssertTallyAsync(CommandId id)
    {
        await using var connection = await Database.DataSource.OpenConnectionAsync();
        var states = await connection.QueryAsync<short>("select state from commands_execution where command_id = @id", new { id = id.Value });
        var tally = (await CommandStore.SummaryAsync(connection, id, default))!.Value.Tally;
        Assert.Equal(
            states.GroupBy(s => (ExecutionState)s).ToDictionary(g => g.Key, g => g.LongCount()),
            tally.Counts.Where(c => c.Value != 0).ToDictionary());
    }

    public async ValueTask DisposeAsync()
    {
        await Driver.SettleAsync();
        await Database.DisposeAsync();
    }

    private CommandDispatchDriver NewDriver() =>
        new(Database.DataSource, Sites, Signals, Options, Clock, NullLogger<CommandDispatchDriver>.Instance);
}
