using System.Diagnostics;
using Experiments.Trials;
using GpuActors.Protocol;
using GpuActors.Workers;

namespace GpuActors.Commands;

/// <summary>
/// One program from its start to its end. The calling thread does it all: it waits for output, keeps it, looks at the clock and
/// at wishes to stop, so that all is told in order, and a program that writes faster than it is read is held up by its own pipe.
/// </summary>
internal sealed class CommandRun
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LookForRest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LookForEnd = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Measure = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    /// <summary>How long a program that has closed its output is expected to end every moment.</summary>
    private static readonly TimeSpan EndExpected = TimeSpan.FromMilliseconds(20);

    /// <summary>How long output is read on after the program's end: somebody who left its group may hold the pipe open.</summary>
    private static readonly TimeSpan ReadOn = TimeSpan.FromSeconds(1);

    /// <summary>Whatever the clock says, what the program itself has left in its pipes is read: by so many reads at most, so that
    /// somebody who writes on for ever does not hold the trial.</summary>
    private const int MostReadsLate = 64;

    private const int EndedByRequest = 128 + ProcessGroup.Terminate;

    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly CommandTrial _trial;
    private readonly ProcessGroup _group;
    private readonly IAttemptObserver _observer;
    private readonly TimeProvider _time;
    private readonly int _fromStep;
    private readonly int? _restAt;
    private readonly long _begun;
    private readonly ErrorTail _lastWords = new();
    private readonly MetricsFile? _file;
    private readonly ReportedMetrics _metrics;
    private readonly List<FileStream> _open;
    private readonly LineSplitter? _lines;
    private Wish _heeded;
    private long _closedAt;
    private int? _exitCode;
    private bool _isCleared; // nothing of its group is left
    private long _clearedAt;
    private Ending? _ending;
    private long? _killAt;
    private long _measuredAt;
    private long _peak;

    /// <param name="trial">What is run.</param>
    /// <param name="group">Its processes, which have begun.</param>
    /// <param name="observer">Is told what the program reports.</param>
    /// <param name="fromStep">The step that the attempt goes on from.</param>
    /// <param name="restAt">The step at which, or past which, it leaves a checkpoint and rests; null to run to its end.</param>
    /// <param name="time">The clock.</param>
    public CommandRun(
        CommandTrial trial, ProcessGroup group, IAttemptObserver observer, int fromStep, int? restAt, TimeProvider time)
    {
        (_trial, _group, _observer) = (trial, group, observer);
        (_fromStep, _restAt, _time, _begun) = (fromStep, restAt, time, time.GetTimestamp());
        _open = [group.Output, group.Error];
        _lines = trial.MetricsPath is null ? new LineSplitter() : null;
        _metrics = new ReportedMetrics(trial.Block, trial.Spec.TakesBest, fromStep, ReportedMetrics.Read(trial.EarlierFolders));
        _file = trial.MetricsPath is { } path ? new MetricsFile(path) : null;
    }

    /// <summary>Runs it to its end, or to where it rests.</summary>
    /// <exception cref="OperationCanceledException">When it was asked to stop, and has.</exception>
    /// <exception cref="CommandException">When it has failed.</exception>
    /// <exception cref="IOException">When its output cannot be kept.</exception>
    public AttemptOutcome Run(StopWishes stop)
    {
        using var output = new OutputWriter(_trial.Folder, OutputSegments.Output);
        using var error = new OutputWriter(_trial.Folder, OutputSegments.Error);
        for (var late = 0; (!_isCleared || _open.Count > 0) && late < MostReadsLate;)
        {
            var ready = SessionProcess.WaitForAny(_open, Pause());
            foreach (var stream in ready)
                Keep(stream, stream == _group.Output ? output : error);
            Heed(stop);
            LookAtTheClock();
            if (_isCleared && _time.GetElapsedTime(_clearedAt) > ReadOn)
                late = ready.Count > 0 ? late + 1 : MostReadsLate;
        }

        _file?.ReadOn(Take, isOver: true);
        return Conclude(_exitCode!.Value, isSaved: !stop.Now.IsCancellationRequested);
    }

    /// <summary>Asks once for each wish: what saves upon SIGTERM is not to begin anew.</summary>
    private void Heed(StopWishes stop)
    {
        if (stop.Save.IsCancellationRequested && _heeded < Wish.Save)
            End(new Ending.Wished(), _trial.Spec.Grace);
        if (stop.Now.IsCancellationRequested && _heeded < Wish.Now)
            End(new Ending.Wished(), AtOnce);
        _heeded = stop.Now.IsCancellationRequested ? Wish.Now : stop.Save.IsCancellationRequested ? Wish.Save : _heeded;
    }

    /// <summary>How long to wait for output at most before looking at all else.</summary>
    private TimeSpan Pause() => _exitCode is not null ? LookForRest
        : _open.Count == 0 && _time.GetElapsedTime(_closedAt) < EndExpected ? LookForEnd
        : Look;

    /// <summary>Takes in what a stream has for us.</summary>
    private void Keep(FileStream stream, OutputWriter kept)
    {
        var read = _buffer.AsSpan(0, stream.Read(_buffer));
        var isOutput = stream == _group.Output;
        if (read.IsEmpty)
        {
            _open.Remove(stream);
            _closedAt = _time.GetTimestamp();
            if (isOutput)
                _lines?.Finish(Offer);
            return;
        }

        kept.Write(read);
        if (isOutput)
            _lines?.Add(read, Offer);
        else
            _lastWords.Add(read);
    }

    private void Offer(ReadOnlySpan<byte> line)
    {
        if (MetricLine.Parse(line) is { } metric)
            Take(metric);
    }

    private void Take(MetricLine line)
    {
        if (_ending is Ending.Diverged)
            return;

        var (step, values) = _metrics.Add(line);
        foreach (var (name, value) in values)
        {
            if (!double.IsFinite(value))
            {
                _ending = new Ending.Diverged(step, name, value);
                End(_ending, AtOnce);
                return;
            }
        }

        _observer.Measured(step, values);
        _observer.Progressed(new Progress(step, _trial.Steps, $"step {step}"));
        if (step >= _restAt && _ending is null && _trial.Checkpoints is not null)
            End(new Ending.Rest(), _trial.Spec.Grace);
    }

    /// <summary>Asks the group to end. The first reason holds; a shorter grace shortens that of an earlier one.</summary>
    private void End(Ending reason, TimeSpan grace)
    {
        if (_isCleared || (_ending is null && (_exitCode ?? _group.ExitCode) is not null))
            return; // it has ended by itself
        _ending ??= reason;
        var killAt = _time.GetTimestamp() + (long)(grace.TotalSeconds * _time.TimestampFrequency);
        _killAt = Math.Min(_killAt ?? long.MaxValue, killAt);
        _group.Signal(ProcessGroup.Terminate);
    }

    private void LookAtTheClock()
    {
        _file?.ReadOn(Take, isOver: false);
        var now = _time.GetTimestamp();
        if (_exitCode is null && _group.ExitCode is { } code)
        {
            _exitCode = code;
            if (_ending is not (Ending.Wished or Ending.Rest))
                _group.Kill(); // what the program has left behind would hold its output open
            _group.Reap();
        }

        if (_exitCode is not null)
        {
            Clear(now);
            return;
        }

        if (_killAt <= now)
            _group.Kill();
        if (_time.GetElapsedTime(_begun, now) > _trial.Spec.TimeLimit && _ending is null)
            End(new Ending.OutOfTime(), _trial.Spec.Grace);
        if (_time.GetElapsedTime(Math.Max(_begun, _measuredAt), now) > Measure)
            LookAtMemory(now);
    }

    /// <summary>Ends the rest of a group that was asked to end after its grace: a script may be gone while what it has started still
    /// saves.</summary>
    private void Clear(long now)
    {
        if (_isCleared || (_ending is Ending.Wished or Ending.Rest && now < _killAt && !_group.IsEmpty))
            return;
        _group.Kill();
        (_isCleared, _clearedAt) = (true, now);
    }

    private void LookAtMemory(long now)
    {
        _measuredAt = now;
        var memory = _group.Memory();
        _peak = Math.Max(_peak, memory);
        if (!(memory > _trial.Spec.MemoryLimit))
            return;
        _ending = new Ending.OutOfMemory(memory);
        _group.Kill(); // a program that is asked to end takes more memory to save
    }

    private AttemptOutcome Conclude(int exitCode, bool isSaved)
    {
        switch (_ending)
        {
            case Ending.Wished:
                _metrics.Save(_trial.Folder);
                if (exitCode == 0 && isSaved && _metrics.Step >= _fromStep)
                    TellCheckpoint(_metrics.Step);
                throw new OperationCanceledException();
            case Ending.Rest when exitCode is 0 or EndedByRequest:
                _metrics.Save(_trial.Folder);
                TellCheckpoint(_restAt!.Value); // it may be of a later step, which nobody but the program needs to know
                return new AttemptOutcome.Rested(_restAt.Value);
            case Ending.Rest:
                throw new CommandException(
                    FailureCause.Error,
                    $"It was asked to save and rest at step {_metrics.Step}, but did not end with 0. {LastWords(exitCode)}",
                    _metrics.Step);
            case Ending.Diverged diverged:
                throw new CommandException(
                    FailureCause.Nan, $"'{diverged.Name}' became {diverged.Value} at step {diverged.Step}.", diverged.Step);
            case Ending.OutOfTime:
                throw new CommandException(
                    FailureCause.Timeout, $"It ran longer than its time_limit of {_trial.Spec.TimeLimit}.", _metrics.Step);
            case Ending.OutOfMemory over:
                throw new CommandException(
                    FailureCause.Oom,
                    $"It took {Size(over.Bytes)}, more than its memory_limit of {Size(_trial.Spec.MemoryLimit!.Value)}.");
            case null when exitCode == 0:
                return new AttemptOutcome.Finished(Result());
            case null:
                throw new CommandException(FailureCause.Error, LastWords(exitCode), _metrics.Step);
            default:
                throw new UnreachableException();
        }
    }

    private void TellCheckpoint(int step)
    {
        if (_trial.CheckpointsPath is not { } path)
            return;

        var folder = _trial.Checkpoints!;
        if (_trial.KeepsCopies)
        {
            var kept = path;
            (folder, path) = _trial.CopyOf(step);
            CheckpointCopy.Make(kept, path);
        }

        _observer.Saved(step, folder, SizeOf(path));
    }

    private TrialResult Result() => new()
    {
        Artefact = _trial.RelativeFolder,
        Metrics = _metrics.Final() ?? throw new CommandException(
            FailureCause.Error, _metrics.Missing(_trial.MetricsPath is null ? "standard output" : _trial.Spec.MetricsFile!)),
        Steps = _metrics.Step,
        PeakMemoryBytes = _peak,
    };

    private string LastWords(int exitCode) => ExitWords.Of(exitCode, _trial.Arguments[0], _lastWords.Last());

    private static string Size(long bytes) => FormattableString.Invariant($"{bytes / 1e6:0.#} MB");

    private static long SizeOf(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    private enum Wish
    {
        None,
        Save,
        Now,
    }

    /// <summary>Why the program is ended before it ends by itself.</summary>
    private abstract record Ending
    {
        public sealed record Wished : Ending;

        public sealed record Rest : Ending;

        public sealed record Diverged(int Step, string Name, double Value) : Ending;

        public sealed record OutOfTime : Ending;

        public sealed record OutOfMemory(long Bytes) : Ending;
    }
}
