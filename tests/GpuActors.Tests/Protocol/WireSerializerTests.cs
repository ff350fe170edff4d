using System.Collections.Immutable;
using System.Runtime.Serialization;
using System.Text;
using System.Text.Json.Nodes;
using Akka.Actor;
using Akka.Actor.Setup;
using Experiments.Asking;
using Experiments.Sweeps;
using Experiments.Trials;
using GpuActors.Protocol;
using Xunit;

namespace GpuActors.Tests.Protocol;

public sealed class WireSerializerTests : IAsyncDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("wire", ActorSystemSetup.Create(
        WireSerializer.Setup,
        BootstrapSetup.Create().WithConfig("akka { loglevel = OFF, stdout-loglevel = OFF }")));

    private static readonly SweepAttempt Attempt = new("s1", new AttemptId(new TrialId(12), 2));
    private static readonly WorkerInfo Worker = new("w1", "cpu:0", "here");

    private static readonly Configuration Values = new(new Dictionary<string, ParameterValue>
    {
        ["rank"] = new ParameterValue.Integer(4),
        ["learning_rate"] = new ParameterValue.Real(1),
        ["target_modules"] = new ParameterValue.List([new ParameterValue.Text("q_proj"), new ParameterValue.Text("v_proj")]),
        ["bias"] = new ParameterValue.Flag(true),
    });

    private static readonly TaskBlock Block = new()
    {
        Task = "lesions",
        Size = "smoke",
        Base = "sam-nano",
        Metric = "dice",
        Maximize = true,
        Methods =
        [
            new MethodEntry
            {
                Name = "lora",
                Method = "lora",
                Space = new SearchSpace(
                [
                    new Parameter("rank", new Domain.Int(1, 8, Log: true)),
                    new Parameter("alpha", new Domain.Float(1, 8), [new Condition("rank", [new ParameterValue.Integer(4)])]),
                    new Parameter("bias", new Domain.Choice([new ParameterValue.Flag(true)])),
                    new Parameter("steps", new Domain.Fixed(new ParameterValue.Integer(10))),
                ],
                [new Constraint("rank * alpha <= 32")]),
                StartWith = [Values],
            },
        ],
        Objectives = [new("seconds", Maximize: false)],
        OutcomeConstraints = [new("seconds", AtMost: true, 60)],
    };

    private static readonly Assignment Training = new(
        "s1",
        Attempt.Attempt,
        new TrialWork.Train(0, "lora", 3, Values, 1, ulong.MaxValue),
        Block,
        "lora",
        new CheckpointRecord(1, 50, "sweeps/s1/trials/t7/a1/checkpoints/50", 1234, new TrialId(7)),
        [60, 90],
        90,
        ["sweeps/s1/trials/t3/a1/adapter"],
        FirstAttempt: 2,
        KeepsCopies: true);

    private static readonly TrialResult Result = new()
    {
        Metrics = ImmutableSortedDictionary<string, double>.Empty.Add("test_dice", 0.1 + 0.2).Add("test_loss", double.NaN),
        Steps = 100,
        TrainableParameters = 5,
        TotalParameters = 50,
        PeakMemoryBytes = 1L << 40,
        Artefact = "sweeps/s1/trials/t12/a2/adapter",
    };

    public static TheoryData<object> Messages =>
    [
        new WorkerProtocol.Hello(Worker, 7, null, "folder"),
        new WorkerProtocol.Hello(Worker, 7, Attempt, ""),
        new WorkerProtocol.Refuse(7, "Another data folder."),
        new WorkerProtocol.Beat("w1", 7, Attempt, new Progress(3, 100, "training")),
        new WorkerProtocol.Reported("w1", Attempt, 1, new Report.Started(4711, 50, "It begins at the start.")),
        new WorkerProtocol.Reported("w1", Attempt, 2, new Report.Measured(51, Result.Metrics)),
        new WorkerProtocol.Reported("w1", Attempt, 3, new Report.Saved(60, "sweeps/s1/trials/t12/a2/checkpoints/60", 99)),
        new WorkerProtocol.Reported("w1", Attempt, 4, new Report.Ended(new AttemptOutcome.Finished(Result), TimeSpan.FromSeconds(1.25))),
        new WorkerProtocol.Reported("w1", Attempt, 4, new Report.Ended(new AttemptOutcome.Paused(60), TimeSpan.Zero)),
        new WorkerProtocol.Reported(
            "w1", Attempt, 1, new Report.Started(4711, 50), [new Report.Measured(51, Result.Metrics), new Report.Saved(60, "s60", 99)]),
        new WorkerProtocol.Reported(
            "w1", Attempt, 4, new Report.Ended(new AttemptOutcome.Failed(FailureCause.Nan, "NaN", 7), TimeSpan.MaxValue)),
        new WorkerProtocol.Goodbye("w1", "told to"),
        new WorkerProtocol.Welcome(8, TimeSpan.FromSeconds(1)),
        new WorkerProtocol.Heard(8),
        new WorkerProtocol.WhoAreYou(8),
        new WorkerProtocol.Assign(8, Training),
        new WorkerProtocol.Assign(
            8, new Assignment("s1", Attempt.Attempt, new TrialWork.Prepare("base/nano"), null, null, null, [3, 9], 9, [])),
        new WorkerProtocol.Acknowledge(8, Attempt, 4),
        new WorkerProtocol.Resend(8, Attempt, 2),
        new WorkerProtocol.Fence(8, Attempt),
        new WorkerProtocol.Stop(8, Attempt, true),
        new AgentProtocol.WorkerDied("w1", "exit code 134"),
        new AgentProtocol.Noted("w1"),
        new SweepProtocol.Pause("asked", true),
        new SweepProtocol.Resume(),
        new SweepProtocol.Cancel(new TrialId(3)),
        new SweepProtocol.Cancel(null),
        new SweepProtocol.WhenQuiet(),
        new SweepProtocol.Done(),
        new SweepProtocol.Ask(new AskRequest("s1", "anna", TimeSpan.FromHours(1), "here")),
        new SweepProtocol.Tell(new TellRequest
        {
            Sweep = "s1",
            Trial = new TrialId(12),
            Attempt = 2,
            Values = Result.Metrics,
            Step = 9,
            Checkpoint = new CheckpointFolder("sweeps/s1/trials/t12/checkpoints", 99),
            End = TellEnd.Failed,
            Message = "out of disk",
        }),
        new SweepProtocol.Asked(new AskAnswer
        {
            Sweep = "s1",
            Answer = AskVerdict.Work,
            Trial = new TrialId(12),
            Attempt = Attempt.Attempt,
            Entry = "lora",
            Parameters = Values,
            Seed = 1,
            FromStep = 3,
            RunTo = 9,
            ReportAt = [9],
            Checkpoints = "sweeps/s1/trials/t12/checkpoints",
            ResumeFrom = "/mine/3",
            LeaseUntil = DateTimeOffset.UnixEpoch,
        }),
        new SweepProtocol.Asked(new AskAnswer { Sweep = "s1", Answer = AskVerdict.Done, Reason = "done" }),
        new SweepProtocol.Told(new TellAnswer
        {
            Sweep = "s1", Trial = new TrialId(12), Attempt = Attempt.Attempt, Answer = TellVerdict.Rest, Reason = "a rung",
        }),
        new SweepProtocol.Refused(RefusalKind.Conflict, "It is another sweep."),
        new SweepProtocol.GetStatus(),
        new SweepProtocol.Status(
            "s1",
            8,
            ImmutableSortedDictionary<TrialState, int>.Empty.Add(TrialState.Running, 2),
            [new WorkerStatus(Worker, Attempt.Attempt, new Progress(3, 100, "training"))],
            512,
            "The disk is full."),
    ];

    [Theory, MemberData(nameof(Messages), DisableDiscoveryEnumeration = true)]
    public void A_message_comes_back_as_it_was(object message)
    {
        var serializer = Assert.IsType<WireSerializer>(_system.Serialization.FindSerializerFor(message));

        var bytes = serializer.ToBinary(message);
        var back = serializer.FromBinary(bytes, serializer.Manifest(message));

        Assert.IsType(message.GetType(), back);
        Assert.Equal(Encoding.UTF8.GetString(bytes), Encoding.UTF8.GetString(serializer.ToBinary(back)));
    }

    [Fact]
    public void Values_and_attempts_are_equal_after_the_wire()
    {
        var back = (WorkerProtocol.Assign)Wire(new WorkerProtocol.Assign(8, Training));

        Assert.Equal(Training, back.Assignment);
    }

    [Fact]
    public void Every_message_of_every_protocol_has_a_manifest_with_a_version_and_is_tried_here()
    {
        var types = typeof(WorkerProtocol).Assembly.GetTypes()
            .Where(type => type is { Namespace: "GpuActors.Protocol", IsNestedPublic: true });

        var tried = Messages.Select(row => row.Data.GetType()).ToHashSet();

        Assert.All(types, type =>
        {
            Assert.IsType<WireSerializer>(_system.Serialization.FindSerializerForType(type));
            Assert.Contains(type, tried);
        });
        Assert.All(Messages, row => Assert.Matches(@"^[a-z-]+\.v\d+$", Serializer.Manifest(row.Data)));
    }

    [Theory, MemberData(nameof(Messages), DisableDiscoveryEnumeration = true)]
    public void Fields_that_a_newer_version_added_are_ignored(object message)
    {
        var json = JsonNode.Parse(Serializer.ToBinary(message))!.AsObject();
        json["added_later"] = new JsonObject { ["deep"] = 1 };

        var back = Serializer.FromBinary(Encoding.UTF8.GetBytes(json.ToJsonString()), Serializer.Manifest(message));

        Assert.Equal(Serializer.ToBinary(message), Serializer.ToBinary(back));
    }

    [Fact]
    public void An_unknown_message_is_refused_by_name()
    {
        var refused = Assert.Throws<SerializationException>(() => Serializer.FromBinary([], "report.v9"));

        Assert.Contains("report.v9", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_that_no_frame_can_carry_is_refused_by_the_sender()
    {
        var message = new WorkerProtocol.Goodbye("w1", new string('x', WireSerializer.MaximumBytes));

        var refused = Assert.Throws<SerializationException>(() => Serializer.ToBinary(message));

        Assert.Contains("Goodbye", refused.Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync() => await _system.Terminate();

    private WireSerializer Serializer => (WireSerializer)_system.Serialization.FindSerializerForType(typeof(WorkerProtocol.Hello));

    private object Wire(object message) => Serializer.FromBinary(Serializer.ToBinary(message), Serializer.Manifest(message));
}
