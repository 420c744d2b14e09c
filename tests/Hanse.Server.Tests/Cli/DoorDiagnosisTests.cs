using Hanse.Server.Cli.Gateways;

namespace Hanse.Server.Tests.Cli;

/// <summary>What each first answer of a door means.</summary>
public sealed class DoorDiagnosisTests
{
    private static readonly DoorAnswer NotRouted = new(FirstWord.Alert, 112);

    [Theory]
    [InlineData("160303007a02", FirstWord.ServerHello, 0)]
    [InlineData("15030300020270", FirstWord.Alert, 112)]
    [InlineData("15030100020250", FirstWord.Alert, 80)]
    [InlineData("1503030002", FirstWord.NotTls, 0)]
    [InlineData("485454502f312e31", FirstWord.NotTls, 0)]
    public void First_bytes_are_read(string hex, object word, int alert)
    {
        var answer = DoorAnswer.Of(Convert.FromHexString(hex))!;
        Assert.Equal(((FirstWord)word, alert), (answer.Word, answer.Alert));
    }

    [Fact]
    public void Nothing_is_no_answer_and_text_is_shown_without_what_would_steer_a_terminal()
    {
        Assert.Null(DoorAnswer.Of([]));
        Assert.Equal("HTTP/1.1 .[2J", DoorAnswer.Of("HTTP/1.1 \e[2J"u8)!.Text);
    }

    [Theory]
    [InlineData(FirstWord.ServerHello, 0, StepResult.Ok, StepResult.Ok, "a server answers")]
    [InlineData(FirstWord.Alert, 112, StepResult.Failed, StepResult.Skipped, "no route for link.north.test")]
    [InlineData(FirstWord.Alert, 50, StepResult.Failed, StepResult.Skipped, "could not read")]
    [InlineData(FirstWord.Alert, 80, StepResult.Ok, StepResult.Failed, "no address of the site answered")]
    [InlineData(FirstWord.Alert, 40, StepResult.Ok, StepResult.Failed, "TLS alert 40")]
    [InlineData(FirstWord.NotTls, 0, StepResult.Failed, StepResult.Skipped, "no TLS")]
    public void An_answer_tells_of_the_door_or_of_what_is_behind_it(object word, int alert, object route, object upstream, string found)
    {
        var answer = new DoorAnswer((FirstWord)word, alert);
        Assert.False(DoorDiagnosis.NeedsSecondOpinion(answer));
        Expect(answer, null, (StepResult)route, (StepResult)upstream, found);
    }

    [Theory]
    [InlineData(FirstWord.Reset, "is reset")]
    [InlineData(FirstWord.End, "is closed")]
    [InlineData(FirstWord.Silence, "stays silent")]
    public void Where_the_door_refuses_a_name_that_nobody_has_the_fault_is_behind_it(object word, string found)
    {
        var answer = new DoorAnswer((FirstWord)word);
        Assert.True(DoorDiagnosis.NeedsSecondOpinion(answer));
        Expect(answer, NotRouted, StepResult.Ok, StepResult.Failed, $"behind it the connection {found}");
        Expect(answer, answer, StepResult.Failed, StepResult.Skipped, $"{found} after the ClientHello, whatever the name");
        Expect(answer, null, StepResult.Failed, StepResult.Skipped, $"{found} after the ClientHello");
    }

    private static void Expect(DoorAnswer answer, DoorAnswer? nobody, StepResult route, StepResult upstream, string found)
    {
        var (first, second) = DoorDiagnosis.Judge("192.0.2.1:443", "link.north.test", answer, nobody);
        Assert.Equal((DoctorSteps.Route, route, DoctorSteps.Upstream, upstream), (first.Step, first.Result, second.Step, second.Result));
        Assert.Contains(found, first.Found + second.Found, StringComparison.Ordinal);
        foreach (var failed in new[] { first, second }.Where(s => s.Result == StepResult.Failed))
        {
            Assert.NotEmpty(failed.Advice);
        }
    }
}
