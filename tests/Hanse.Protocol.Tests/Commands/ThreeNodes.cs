using Hanse.Protocol.Commands;
using Hanse.Protocol.Messages;

namespace Hanse.Protocol.Tests.Commands;

/// <summary>Coordinator, site and agent with one execution, messages between them that can be repeated, reordered and lost, and
/// crashes. Each does what the real node does with <see cref="ExecutionMachine"/>: store, then act; a crash falls in between.</summary>
internal sealed class ThreeNodes
{
    /// <summary>How many different steps <see cref="Do"/> knows.</summary>
    public const int Steps = 18;

    private static readonly ExecutionState[] Ends = [ExecutionState.Succeeded, ExecutionState.Failed, ExecutionState.TimedOut];

    // Every message ever sent stays: taking one again is a repetition, never taking it is a loss, taking it late a reordering.
    private readonly List<Action> _messages = [];
    private ExecutionStatus _coordinator = ExecutionStatus.Queued;
    private ExecutionStatus? _site;
    private ExecutionStatus? _agent;
    private int _picks;
    private int _time;

    public ExecutionState AtCoordinator => _coordinator.State;

    public int Starts { get; private set; }

    public int Illegal { get; private set; }

    /// <summary>Every outcome that any node ever held, <c>unknown</c> aside.</summary>
    public List<ExecutionState> OutcomesSeen { get; } = [];

    /// <summary>All ended, and the nodes that know the execution say the same.</summary>
    public bool Agree => _coordinator.IsTerminal && (_site is null || _site.Value.State == _coordinator.State)
        && (_agent is null || _agent.Value.State == _coordinator.State);

    public override string ToString() => $"coordinator {_coordinator}, site {_site}, agent {_agent}";

    public void Do(int step)
    {
        switch (step)
        {
            case 0 or 1: CoordinatorSends(); break;
            case 2 or 3: SiteSends(); break;
            case 4: AgentEnds(Ends[_picks++ % Ends.Length]); break;
            case 5: AgentReports(); break;
            case 6: SiteReports(); break;
            case 7: Coordinator(ExecutionMachine.Cancel(_coordinator, ExecutionNode.Coordinator)); break;
            case 8: _time++; Times(); break;
            case 9: Take(_messages.Count - 1); break;
            case 10: Crashing(CoordinatorSends); break;
            case 11: Crashing(SiteSends); break;
            case 12: Crashing(() => Take(_messages.Count - 1)); break;
            case 13: AgentRestarts(); break;
            default: Take(_picks++ * 7); break;
        }
    }

    /// <summary>The links come back and everyone repeats what it owes until nothing is open; time passes the last instant.</summary>
    public void Settle()
    {
        AgentRestarts();
        for (var round = 0; round < 4; round++)
        {
            foreach (var node in (Action[])[CoordinatorSends, SiteSends, () => AgentEnds(ExecutionState.Succeeded), AgentReports, SiteReports])
            {
                node();
                Take(_messages.Count - 1);
            }
        }

        _time = int.MaxValue;
        Times();
    }

    /// <summary>The node that acts stores and dies: what it would have sent or started is not. It is back at once, with what it stored.</summary>
    private void Crashing(Action step)
    {
        var (messages, starts, agent) = (_messages.Count, Starts, _agent);
        step();
        _messages.RemoveRange(messages, _messages.Count - messages);
        Starts = starts;
        if (agent is null && _agent is not null)
        {
            AgentRestarts();
        }
    }

    /// <summary>D5: what ran when it died is killed and reported.</summary>
    private void AgentRestarts()
    {
        if (_agent is { State: ExecutionState.Running } running)
        {
            Agent(ExecutionMachine.End(running, ExecutionNode.Agent, ExecutionState.Failed));
        }
    }

    private void CoordinatorSends()
    {
        if (_coordinator.CancelRequested && !_coordinator.IsTerminal)
        {
            _messages.Add(() => { Site(ExecutionMachine.Cancel(_site, ExecutionNode.Site)); });
        }
        else if (_coordinator.State == ExecutionState.Queued)
        {
            Coordinator(ExecutionMachine.Offer(_coordinator, ExecutionNode.Coordinator));
            _messages.Add(() => { Site(ExecutionMachine.Take(_site, ExecutionNode.Site)); });
        }
    }

    private void SiteSends()
    {
        if (_site is not { } site || site.IsTerminal)
        {
            return;
        }

        if (site.CancelRequested)
        {
            _messages.Add(() => { Agent(ExecutionMachine.Cancel(_agent, ExecutionNode.Agent)); });
        }
        else if (site.State == ExecutionState.Delivered)
        {
            Site(ExecutionMachine.Offer(site, ExecutionNode.Site));
            _messages.Add(AgentTakes);
        }
    }

    private void AgentTakes()
    {
        // An agent refuses by its own clock what comes too late (D4).
        var late = _agent is null && _time > 3;
        if (Agent(late ? ExecutionMachine.End(null, ExecutionNode.Agent, ExecutionState.Expired) : ExecutionMachine.Take(_agent, ExecutionNode.Agent)) && !late)
        {
            Starts++;
        }
    }

    private void AgentEnds(ExecutionState how)
    {
        if (_agent is { State: ExecutionState.Running } running)
        {
            Agent(ExecutionMachine.End(running, ExecutionNode.Agent, running.CancelRequested ? ExecutionState.Cancelled : how));
        }
    }

    private void AgentReports()
    {
        if (_agent is { } agent)
        {
            _messages.Add(() => { Site(ExecutionMachine.Observe(_site, ExecutionNode.Site, ExecutionNode.Agent, agent.State)); });
        }
    }

    private void SiteReports()
    {
        if (_site is { } site)
        {
            _messages.Add(() => { Coordinator(ExecutionMachine.Observe(_coordinator, ExecutionNode.Coordinator, ExecutionNode.Site, site.State)); });
        }
    }

    private void Times()
    {
        var (now, deadline, giveUp) = (At(_time), At(3), At(6));
        Coordinator(ExecutionMachine.Pass(_coordinator, ExecutionNode.Coordinator, now, deadline, giveUp));
        if (_site is { } site)
        {
            Site(ExecutionMachine.Pass(site, ExecutionNode.Site, now, deadline, giveUp: null));
        }
    }

    private static DateTimeOffset At(int time) => DateTimeOffset.UnixEpoch.AddSeconds(time);

    private void Take(int index)
    {
        if (_messages.Count > 0)
        {
            _messages[index % _messages.Count]();
        }
    }

    private void Coordinator(ExecutionTransition transition) => _coordinator = Note(transition) ?? _coordinator;

    private void Site(ExecutionTransition transition) => _site = Note(transition);

    private bool Agent(ExecutionTransition transition)
    {
        _agent = Note(transition);
        return transition.IsApplied;
    }

    private ExecutionStatus? Note(ExecutionTransition transition)
    {
        Illegal += transition.IsIllegal ? 1 : 0;
        if (transition is { IsApplied: true, Status.State: var state } && state.IsOutcome())
        {
            OutcomesSeen.Add(state);
        }

        return transition.Status;
    }
}
