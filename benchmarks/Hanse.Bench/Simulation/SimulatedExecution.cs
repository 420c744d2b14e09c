using Google.Protobuf;
using Hanse.Protocol.Commands;
using Hanse.Protocol.Ids;
using Hanse.Protocol.Messages;

namespace Hanse.Bench.Simulation;

/// <summary>One execution of an imagined machine and its output. Not thread-safe: the executor's lock guards it.</summary>
internal sealed class SimulatedExecution(CommandId id, ExecutionReport report)
{
    private ByteString _output = ByteString.Empty;
    private ByteString _error = ByteString.Empty;
    private ulong _outputHeld;
    private ulong _errorHeld;

    public CommandId Id => id;

    public ExecutionReport Report => report;

    /// <summary>The site holds the outcome.</summary>
    public bool Acknowledged { get; set; }

    public void Write(ByteString output, ByteString error) => (_output, _error) = (output, error);

    public void Exit(int code, DateTimeOffset now)
    {
        report.ExitCode = code;
        End(code == 0 ? ExecutionState.Succeeded : ExecutionState.Failed, code == 0 ? "" : ExecutionReasons.ExitCode,
            code == 0 ? "" : $"It ended with exit code {code}.", now);
    }

    public void End(ExecutionState state, string reason, string detail, DateTimeOffset now)
    {
        (report.State, report.Reason, report.Detail, report.FinishedUnixMs) = (state, reason, detail, now.ToUnixTimeMilliseconds());
        // The whole of it is within the excerpt's first part (U4).
        report.Stdout = new StreamExcerpt { Head = _output, Length = (ulong)_output.Length };
        report.Stderr = new StreamExcerpt { Head = _error, Length = (ulong)_error.Length };
    }

    /// <summary>Output that the site has not acknowledged.</summary>
    public IEnumerable<OutputChunk> Unsent()
    {
        if (_outputHeld < (ulong)_output.Length)
        {
            yield return Chunk(OutputStream.Stdout, _output, _outputHeld);
        }

        if (_errorHeld < (ulong)_error.Length)
        {
            yield return Chunk(OutputStream.Stderr, _error, _errorHeld);
        }
    }

    public void AcknowledgeOutput(OutputStream stream, ulong offset)
    {
        if (stream == OutputStream.Stdout)
        {
            _outputHeld = Math.Max(_outputHeld, offset);
        }
        else
        {
            _errorHeld = Math.Max(_errorHeld, offset);
        }
    }

    private OutputChunk Chunk(OutputStream stream, ByteString data, ulong from) =>
        new() { CommandId = id.ToWire(), Stream = stream, Offset = from, Data = ByteString.CopyFrom(data.Span[(int)from..]) };
}
