using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Commands;
using GpuActors.Workers;
using Xunit;

namespace GpuActors.Tests.Commands;

/// <summary>Real programs, of the shell.</summary>
public sealed class CommandRunnerTests : IDisposable
{
    private readonly CommandBench _bench = new();
    private readonly Seen _seen = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Lines_of_metrics_are_reported_and_the_last_value_is_the_result()
    {
        var result = _bench.Shell(
            """
            echo begins
            echo '{"step": 1, "score": 0.9, "loss": 2}'
            printf '{"step": 2, "sco'; printf 're": 0.5}\n{"score": 0.7}'
            echo 'a warning' >&2
            """,
            _seen);

        Assert.Equal(["started 0", "1 loss=2 score=0.9", "2 score=0.5", "3 score=0.7"], _seen.Log);
        Assert.Equal((2, 2, 0.7), (result.Metrics.Count, result.Metrics["loss"], result.Metrics["score"]));
        Assert.Equal((3, "sweeps/s/trials/t1/a1"), (result.Steps, result.Artefact));
        Assert.Equal("a warning\n", File.ReadAllText(Path.Combine(_bench.FolderOf(1), "stderr.log")));
        Assert.StartsWith("begins\n", File.ReadAllText(Path.Combine(_bench.FolderOf(1), "stdout.log")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_best_value_is_the_result_where_that_is_asked_for()
    {
        _bench.Spec = _bench.Spec with { TakesBest = true };

        var result = _bench.Shell("""for s in 0.1 0.9 0.5; do echo "{\"score\": $s, \"loss\": 1}"; done""");

        Assert.Equal(0.9, result.Metrics["score"]);
        Assert.Equal(3, result.Steps);
    }

    [Fact]
    public void Parameters_come_by_placeholder_by_variable_and_by_file()
    {
        _bench.Spec = _bench.Spec with { Environment = [new("NOTE", "rank ${rank}")], Checkpoints = true };
        _bench.Configuration = new Configuration(
        [
            KeyValuePair.Create<string, ParameterValue>("rank", new ParameterValue.Integer(8)),
            KeyValuePair.Create<string, ParameterValue>("word", new ParameterValue.Text("two words")),
        ]);

        _bench.Run(
        [
            "sh", "-c",
            """
            echo "$1|$2|$NOTE|$ORCHESTRATOR_PARAM_WORD|$(cat "$ORCHESTRATOR_PARAMETERS")"
            echo "$ORCHESTRATOR_SWEEP $ORCHESTRATOR_TRIAL $ORCHESTRATOR_ATTEMPT $ORCHESTRATOR_SEED $ORCHESTRATOR_DEVICE"
            [ -d "$ORCHESTRATOR_FOLDER" ] && [ -d "$ORCHESTRATOR_CHECKPOINTS" ] && echo '{"score": 1}'
            cat # standard input is empty
            """,
            "sh", "--rank=${rank}", "${word}",
        ]);

        Assert.Equal(
            [
                """--rank=8|two words|rank 8|two words|{"rank":8,"word":"two words"}""",
                "s 1 1 5 cpu:0",
                """{"score": 1}""",
            ],
            File.ReadAllLines(Path.Combine(_bench.FolderOf(1), "stdout.log")));
    }

    [Fact]
    public void Metrics_may_come_by_a_file_and_standard_output_means_nothing_then()
    {
        _bench.Spec = _bench.Spec with { MetricsFile = "metrics.jsonl" };

        var result = _bench.Shell(
            """
            echo '{"step": 9, "score": 9}'
            echo '{"step": 1, "score": 1}' > "$ORCHESTRATOR_METRICS_FILE"
            printf '{"step": 2, "score": 2}' >> "$ORCHESTRATOR_METRICS_FILE"
            """,
            _seen);

        Assert.Equal(["started 0", "1 score=1", "2 score=2"], _seen.Log);
        Assert.Equal(2, result.Metrics["score"]);
    }

    [Fact]
    public void A_huge_output_is_kept_in_part_and_its_metrics_are_all_seen()
    {
        var result = _bench.Shell(
            """
            line=$(printf '%01000d' 0)
            i=0
            while [ $i -lt 40 ]; do
                i=$((i + 1))
                for _ in 1 2 3 4 5 6 7 8 9 10; do echo "$line$line$line$line$line$line$line$line$line$line"; done
                echo "{\"step\": $i, \"score\": $i}"
            done
            """,
            _seen);

        Assert.Equal(41, _seen.Log.Count);
        Assert.Equal(40, result.Metrics["score"]);
        var kept = Directory.GetFiles(_bench.FolderOf(1), "stdout.log*").Sum(path => new FileInfo(path).Length);
        Assert.InRange(kept, 1, OutputSegments.Head + (OutputSegments.PiecesKept * OutputSegments.Piece));
    }

    [Theory]
    [InlineData("echo one >&2; echo two >&2; exit 3", FailureCause.Error, "It ended with exit code 3: two\none\ntwo")]
    [InlineData("kill -SEGV $$", FailureCause.Error, "It was ended by SIGSEGV (exit code 139).")]
    [InlineData("kill -KILL $$", FailureCause.Error, "It was killed (SIGKILL), as the system does when memory is short.")]
    [InlineData("exit 0", FailureCause.Error,
        "It ended well, but wrote no line of metrics to standard output, such as {\"step\": 1, \"score\": 0.5}.")]
    [InlineData("echo '{\"scores\": 1, \"loss\": 2}'", FailureCause.Error,
        "It ended well, but never reported 'score'. Did you mean 'scores'? It reported loss, scores.")]
    [InlineData("echo '{\"step\": 4, \"loss\": NaN, \"score\": 1}'", FailureCause.Nan, "'loss' became NaN at step 4.")]
    [InlineData("echo '{\"step\": 4, \"loss\": Infinity}'; sleep 1000", FailureCause.Nan, "'loss' became Infinity at step 4.")]
    public void A_program_that_fails_fails_its_trial_with_the_cause(string line, FailureCause cause, string message)
    {
        var failure = Assert.Throws<CommandException>(() => _bench.Shell(line));

        Assert.Equal((cause, message), (failure.Cause, failure.Message));
        Assert.Equal(cause == FailureCause.Nan ? 4 : failure.Step, failure.Step);
        var outcome = Failures.Outcome(failure);
        Assert.Equal((cause, message, failure.Step), (outcome.Cause, outcome.Message, outcome.Step));
    }

    [Fact]
    public void A_program_that_is_not_there_is_named()
    {
        var failure = Assert.Throws<CommandException>(() => _bench.Run(["no-such-program"]));

        Assert.StartsWith("'no-such-program', or what it runs, is not there (exit code 127)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_working_folder_that_is_not_there_is_named()
    {
        _bench.Spec = _bench.Spec with { Directory = "/no/such/folder" };

        var failure = Assert.Throws<CommandException>(() => _bench.Shell("exit 0"));

        Assert.Equal("The working folder /no/such/folder is not on this machine.", failure.Message);
    }

    [Fact]
    public void A_program_that_takes_too_long_is_ended()
    {
        _bench.Spec = _bench.Spec with { TimeLimit = TimeSpan.FromMilliseconds(150) };

        var failure = Assert.Throws<CommandException>(() => _bench.Shell("sleep 1000"));

        Assert.Equal(FailureCause.Timeout, failure.Cause);
        Assert.Equal("It ran longer than its time_limit of 00:00:00.1500000.", failure.Message);
    }

    [Fact]
    public void A_program_that_takes_too_much_memory_with_what_it_starts_is_ended()
    {
        _bench.Spec = _bench.Spec with { MemoryLimit = 1_000 };

        var failure = Assert.Throws<CommandException>(() => _bench.Shell("sleep 1000 & wait"));

        Assert.Equal(FailureCause.Oom, failure.Cause);
        Assert.Matches(@"^It took [0-9.]+ MB, more than its memory_limit of 0 MB\.$", failure.Message);
    }

    [Fact]
    public void A_program_that_saves_when_it_is_asked_to_end_goes_on_from_there()
    {
        _bench.Spec = _bench.Spec with { Checkpoints = true };
        const string program =
            """
            step=$(cat "$ORCHESTRATOR_CHECKPOINTS/step" 2>/dev/null || echo 0)
            trap 'printf $step > "$ORCHESTRATOR_CHECKPOINTS/step"; exit 0' TERM
            [ $step -gt 0 ] && echo '{"step": 4, "score": 4}' && exit 0
            step=3; echo '{"step": 3, "score": 3}'
            while :; do sleep 0.01; done
            """;
        using var wish = new CancellationTokenSource();
        var stopped = new Seen { OnMeasured = _ => wish.Cancel() };

        Assert.ThrowsAny<OperationCanceledException>(() => _bench.Shell(program, stopped, stop: new StopWishes(wish.Token, default)));
        var result = _bench.Shell(program, _seen, attempt: 2, stopped.Newest);

        Assert.Equal(["started 0", "3 score=3", "saved 3 sweeps/s/trials/t1/checkpoints 1"], stopped.Log);
        Assert.Equal(["started 3", "4 score=4"], _seen.Log);
        Assert.Equal(4, result.Metrics["score"]);
    }

    [Fact]
    public void What_a_script_has_started_may_save_though_the_script_itself_is_gone()
    {
        _bench.Spec = _bench.Spec with { Checkpoints = true };
        using var wish = new CancellationTokenSource();
        var stopped = new Seen { OnMeasured = _ => wish.Cancel() };

        Assert.ThrowsAny<OperationCanceledException>(() => _bench.Shell(
            """
            sh -c '
                trap "sleep 0.1; echo saved > $ORCHESTRATOR_CHECKPOINTS/state; exit 0" TERM
                echo "{\"step\": 3, \"score\": 3}"
                while :; do sleep 0.01; done'
            echo never
            """,
            stopped, stop: new StopWishes(wish.Token, default)));

        Assert.Equal("saved\n", File.ReadAllText(Path.Combine(_bench.Data, "sweeps/s/trials/t1/checkpoints/state")));
    }

    [Fact]
    public void A_program_that_was_done_when_it_was_stopped_need_not_report_again()
    {
        _bench.Spec = _bench.Spec with { Checkpoints = true, TakesBest = true };
        using var wish = new CancellationTokenSource();
        var stopped = new Seen { OnMeasured = _ => wish.Cancel() };

        Assert.ThrowsAny<OperationCanceledException>(() => _bench.Shell(
            """
            trap 'exit 0' TERM
            echo '{"step": 3, "score": 3}'
            while :; do sleep 0.01; done
            """,
            stopped, stop: new StopWishes(wish.Token, default)));
        var silent = _bench.Shell("exit 0", attempt: 2, resumeFrom: stopped.Newest);
        var worse = _bench.Shell("""echo '{"step": 4, "score": 1}'""", attempt: 3, resumeFrom: stopped.Newest);

        Assert.Equal((3, 3.0), (silent.Steps, silent.Metrics["score"]));
        Assert.Equal((4, 3.0), (worse.Steps, worse.Metrics["score"]));
    }

    [Theory]
    [InlineData("trap 'exit 0' TERM", "rests at 2")]
    [InlineData("trap 'exit 7' TERM", "It was asked to save and rest at step 3, but did not end with 0. It ended with exit code 7")]
    public void A_program_rests_once_it_has_reported_a_step_at_or_past_the_rung(string trap, string expected)
    {
        _bench.Spec = _bench.Spec with { Checkpoints = true };
        EquatableArray<string> command =
        [
            "sh", "-c",
            $$"""
            {{trap}}
            echo '{"step": 1, "score": 1}'
            echo '{"step": 3, "score": 3}'
            while :; do sleep 0.01; done
            """,
        ];

        string ended;
        try
        {
            ended = $"rests at {Assert.IsType<AttemptOutcome.Rested>(_bench.Begin(command, _seen, restAt: 2)).Step}";
        }
        catch (CommandException failure)
        {
            ended = failure.Message;
        }

        Assert.StartsWith(expected, ended, StringComparison.Ordinal); // the shell has a last word of its own
        Assert.Equal(ended.StartsWith("rests", StringComparison.Ordinal),
            _seen.Log.Contains("saved 2 sweeps/s/trials/t1/checkpoints 0"));
    }

    [Fact]
    public void A_program_that_takes_another_trial_over_finds_that_ones_checkpoints_as_they_were_and_its_own_gone()
    {
        _bench.Spec = _bench.Spec with { Checkpoints = true, TakesBest = true };
        _bench.Configuration = new Configuration([new("rate", new ParameterValue.Real(0.5))]);
        var (donor, member) = (new Seen(), new Seen());
        _bench.Begin(Keeping("of the donor", score: 1), donor, restAt: 2, with: assignment => Donor(assignment, attempt: 1));
        _bench.Begin(Keeping("of its own", score: 9), member, restAt: 2, with: assignment => assignment with { KeepsCopies = true });
        File.WriteAllText(Path.Combine(_bench.Data, "sweeps/s/trials/t1/checkpoints/newest"), "of its own");
        File.WriteAllText(Path.Combine(_bench.Data, "sweeps/s/trials/t7/checkpoints/deep/state"), "the donor went on");

        var seen = new Seen();
        var result = Assert.IsType<AttemptOutcome.Finished>(_bench.Begin(
            [
                "sh", "-c",
                """
                cd $ORCHESTRATOR_CHECKPOINTS
                echo "$(cat deep/state), $(ls)" >&2
                echo "{\"step\": 3, \"score\": $ORCHESTRATOR_PARAM_RATE}"
                """,
            ],
            seen, attempt: 2, resumeFrom: donor.Newest! with { Owner = new TrialId(7) },
            with: assignment => assignment with { FirstAttempt = 2, KeepsCopies = true })).Result;

        Assert.Equal("saved 2 sweeps/s/trials/t7/a1/checkpoints/s2 12", donor.Log[^1]);
        Assert.Equal("started 2", seen.Log[0]);
        Assert.Equal("of the donor, deep\n", File.ReadAllText(Path.Combine(_bench.FolderOf(2), "stderr.log")));
        Assert.Equal(0.5, result.Metrics["score"]); // the 9 was of what it gave up

        static EquatableArray<string> Keeping(string state, int score) =>
        [
            "sh", "-c",
            $$"""
            trap 'exit 0' TERM
            mkdir $ORCHESTRATOR_CHECKPOINTS/deep
            printf '{{state}}' > $ORCHESTRATOR_CHECKPOINTS/deep/state
            echo '{"step": 2, "score": {{score}}}'
            while :; do sleep 0.01; done
            """,
        ];

        static Assignment Donor(Assignment assignment, int attempt) =>
            assignment with { Attempt = new AttemptId(new TrialId(7), attempt), KeepsCopies = true };
    }

    [Fact]
    public void A_program_without_checkpoints_runs_past_every_rung()
    {
        EquatableArray<string> command = ["echo", "{\"step\": 3, \"score\": 3}"];

        Assert.IsType<AttemptOutcome.Finished>(_bench.Begin(command, _seen, restAt: 2));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_program_that_does_not_end_when_asked_to_is_killed_after_its_grace(bool save)
    {
        _bench.Spec = _bench.Spec with { Checkpoints = true, Grace = TimeSpan.FromMilliseconds(200) };
        using var wish = new CancellationTokenSource();
        var stopped = new Seen { OnMeasured = _ => wish.Cancel() };
        var stop = save ? new StopWishes(wish.Token, default) : new StopWishes(default, wish.Token);

        Assert.ThrowsAny<OperationCanceledException>(() => _bench.Shell(
            """
            trap '' TERM
            echo '{"step": 1, "score": 1}'
            while :; do sleep 0.01; done
            """,
            stopped, stop: stop));

        Assert.Equal(["started 0", "1 score=1"], stopped.Log);
    }

    [Fact]
    public void A_wish_that_came_before_the_program_began_is_followed()
    {
        Assert.ThrowsAny<OperationCanceledException>(
            () => _bench.Shell("exit 3", _seen, stop: new StopWishes(new CancellationToken(canceled: true), default)));

        Assert.Equal(["started 0"], _seen.Log);
        Assert.False(Directory.Exists(_bench.FolderOf(1)));
    }
}
