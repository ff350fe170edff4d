using CsCheck;
using Experiments.Schedulers;
using Experiments.Trials;
using Xunit;

namespace Experiments.Tests.Schedulers;

/// <summary>What a group keeps as things happen, held against what its rules say of all trials together.</summary>
public sealed class AshaPlacesTests
{
    [Fact]
    public void Everyone_has_the_place_that_is_due_and_the_best_of_those_that_may_goes_on()
    {
        var changes = 0;
        var trial = Gen.Select(Gen.Const(0), Gen.Int[0, 3].Select(length => length == 0 ? 9 : 27));
        Gen.Select(trial.Array[20, 60], Gen.Int[0, 1 << 16].Array[200], Gen.Int[0, 1 << 16]).Sample(
            (trials, happenings, salt) =>
            {
                var options = new Asha.Options { Probes = salt % 5, Brackets = 1 + salt / 5 % 2, MinSteps = 1 };
                var group = new CheckedGroup(options);
                var sweep = new DrivenSweep(() => group, trials, (number, step) => ValueAt(number, step, salt));
                foreach (var what in happenings)
                    sweep.Happen(what, devices: 4);
                sweep.Run(devices: 4);
                changes += group.ChangesOfTrust;
            },
            iter: 100);

        Assert.True(changes > 100, $"Only {changes} times a rung gained or lost its trust.");
    }

    /// <summary>Equal at times, at times not finite or a failure; at times the order of the rungs is not that of the ends.</summary>
    private static double? ValueAt(int number, int step, int salt)
    {
        var quality = (number * 7919 + salt) % 41 / 2;
        return ((number * 31 + step) * 17 + salt) % 29 switch
        {
            0 => null,
            1 => double.NaN,
            _ when number / 10 % 2 == 1 && step < 9 => -quality,
            var noise => quality + noise / 9,
        };
    }

    /// <summary>One group of trials, whose members are seen by the tests.</summary>
    private sealed class CheckedGroup : ITrialScheduler
    {
        private readonly Asha.Options _options;
        private readonly List<AshaMember?> _members = []; // by number
        private readonly AshaGroup _group;
        private readonly RungTrust _trust;
        private bool _hasCompleted;
        private bool _isOutOfTurn; // one went on past rungs that it never came to, so that something came to its end

        public CheckedGroup(Asha.Options options)
        {
            _options = options;
            _group = new AshaGroup(options, _members);
            _trust = new RungTrust(options.Probes, options.ReductionFactor);
        }

        public int ChangesOfTrust { get; private set; }

        private IEnumerable<AshaMember> Begun => _members.OfType<AshaMember>().Where(member => member.HasStarted);

        public void Add(ScheduledTrial trial) => _members.Add(_group.Add(trial));

        public IReadOnlyList<int> RungsOf(TrialId trial) => Member(trial).Record.Rungs;

        public int? RestsAt(TrialId trial) => _group.RestsAt(Member(trial));

        public void Started(TrialId trial) => _group.Started(Member(trial));

        public void Measured(TrialId trial, int step, double value) => _group.Measured(Member(trial), step, value);

        public void Rested(TrialId trial, int step) => _group.Rested(Member(trial), step);

        public void Promoted(TrialId trial)
        {
            _isOutOfTurn |= Member(trial).Place < Member(trial).RestingAt;
            _group.Promoted(Member(trial));
        }

        public TrialId? Promotion(bool last)
        {
            var due = Due();
            if (!_isOutOfTurn && (due is not null || _hasCompleted))
                Assert.Equal(due, _group.Promotion(last: true)?.Id); // without those that are doubted
            return _group.Promotion(last)?.Id;
        }

        public void Ended(TrialId trial, TrialState state)
        {
            var member = Member(trial);
            var (counts, reached) = (member.HasStarted && state is TrialState.Completed or TrialState.Failed, member.Record.Count);
            var final = state == TrialState.Completed ? member.Record.Last : double.PositiveInfinity;
            _hasCompleted |= double.IsFinite(final);
            _group.Ended(member, state);
            if (!counts || !_trust.Take(member.Record, member.FairFrom, reached, final))
                return;

            ChangesOfTrust++;
            _isOutOfTurn = false;
            var places = Places();
            Assert.All(Begun, begun => Assert.Equal(places[begun], begun.Place));
        }

        private AshaMember Member(TrialId trial) => _members[trial.Number]!;

        /// <summary>The places that follow from what was measured, rested at and promoted, rung by rung.</summary>
        private Dictionary<AshaMember, int> Places()
        {
            var places = Begun.ToDictionary(member => member, member => Selecting(member, from: 0));
            foreach (var step in new[] { 1, 3, 9 })
            {
                var arrived = places.Where(each => each.Value < each.Key.Record.Count && each.Key.Record.Rungs[each.Value] == step);
                foreach (var rung in arrived.GroupBy(each => each.Key.Ladder.Rungs[each.Value], each => each.Key).ToList())
                {
                    var best = rung.OrderBy(member => member.Record[places[member]]).ThenBy(member => member.Id)
                        .Take(rung.Count() / _options.ReductionFactor);
                    foreach (var member in rung.Where(member => member.PromotedFrom >= places[member]
                        || (best.Contains(member) && double.IsFinite(member.Record[places[member]])
                            && member.RestingAt != places[member] && member.RestsAt != step)).ToList())
                    {
                        places[member] = Selecting(member, places[member] + 1);
                    }
                }
            }

            return places;
        }

        /// <summary>The trial with the fewest rungs left of those that rest below their place, and of those that are the best that rest at
        /// theirs and among the best of all that came there.</summary>
        private TrialId? Due()
        {
            var free = Begun.Where(member => member.RestingAt < member.Place)
                .Select(member => (Left: member.RungsLeft(member.RestingAt!.Value), member.Id)).Order().Take(1).ToList();
            var promotable =
                from member in Begun
                where member.RestingAt == member.Place && double.IsFinite(member.Entry.Value)
                group member by member.Rung into rung
                let best = rung.MinBy(member => member.Entry)
                let arrived = Begun.Select(member => Standing(member, rung.Key)).OfType<RungEntry>().ToList()
                where arrived.Count(entry => entry.CompareTo(best.Entry) < 0) < arrived.Count / _options.ReductionFactor
                orderby best.RungsLeft(best.Place), best.Record.Rungs[0], best.Rung.Step
                select (Left: best.RungsLeft(best.Place), best.Id);
            return free.Concat(promotable.Take(1)).OrderBy(each => each.Left).Select(each => (TrialId?)each.Id).FirstOrDefault();
        }

        /// <summary>What a trial that has come to a rung, as its place or past it, was measured there.</summary>
        private static RungEntry? Standing(AshaMember member, AshaRung at) =>
            Array.IndexOf(member.Ladder.Rungs, at) is >= 0 and var rung && rung <= member.Place && rung < member.Record.Count
                ? new RungEntry(member.Record[rung], member.Id)
                : null;

        private int Selecting(AshaMember member, int from) =>
            Enumerable.Range(from, member.Record.Rungs.Length - from)
                .FirstOrDefault(rung => _trust[member.Record.Rungs[rung]] == RungVerdict.Trusted, member.Record.Rungs.Length);
    }
}
