using Experiments.Sweeps;

namespace Experiments.Samplers.ParzenEstimators;

/// <summary>
/// The search in one space: groups of parameters one after the other, parents first, each by a <see cref="GroupSearch"/> of
/// its own over the trials that have it (Bergstra et al. 2011; in groups as Optuna's <c>group</c> option does). Some suggestions
/// are confined to a branch of the space that may yet win (<see cref="Branches"/>), and are for anywhere only if nothing is
/// found there. What it keeps from question to question saves time and changes no answer.
/// </summary>
internal sealed class SpaceSearch
{
    /// <summary>So many configurations are tried for one suggestion before the search gives up.</summary>
    private const int MostTries = 100;

    /// <summary>Share of the good trials; fewer where there are branches, since most trials are then in the wrong one.</summary>
    private const double GoodShare = 0.15, GoodShareOfBranches = 0.1;

    private readonly SearchSpace _space;
    private readonly Column?[] _columns;
    private readonly ParameterGroup[] _groups;
    private readonly GroupSearch?[] _searches; // null where all of a group's parameters have a single value
    private readonly Branches _branches;
    private readonly TrialTable _table;
    private readonly TrialRanking _ranking = new();
    private readonly Lock _gate = new();

    public SpaceSearch(SearchSpace space)
    {
        _space = space;
        _columns = [.. space.Parameters.Select(parameter => Column.Of(parameter.Domain))];
        _groups = ParameterGroup.Of(space);
        _searches = [.. _groups.Select(SearchOf)];
        _branches = new Branches(space, _columns, _groups);
        _table = new TrialTable(space, _columns);
    }

    /// <summary>A configuration that promises much; null while too few trials have finished to learn from, and where none
    /// of those tried may be given.</summary>
    public Configuration? Suggest(TpeSampler.Options options, IReadOnlyList<Observation> history, int index, ulong seed)
    {
        history = CurveExtrapolation.Of(history, index, _columns.Length);
        lock (_gate)
        {
            _ranking.Read(history, index, options.Failed == TpeSampler.Options.Avoid);
            if (_ranking.Finished < Math.Max(1, options.Startup))
                return null;

            _table.Read(history);
            var challenger = _branches.Challenger(
                _table, _ranking, history, new KeyedStream(seed, (ulong)index, "tpe/branch").Real(0));
            return (challenger is { } branch ? new Draw(this, options, history, index, seed, branch).Complete(0) : null)
                ?? new Draw(this, options, history, index, seed, branch: null).Complete(0);
        }
    }

    private GroupSearch? SearchOf(ParameterGroup group)
    {
        int[] varied = [.. group.Parameters.Where(parameter => _columns[parameter] is not null)];
        return varied.Length == 0 ? null : new GroupSearch(
            [.. varied.Select(parameter => _columns[parameter]!)], varied, _groups.Length > 1 ? GoodShareOfBranches : GoodShare);
    }

    /// <summary>One suggestion on its way: the values that it has so far.</summary>
    private sealed class Draw(
        SpaceSearch search, TpeSampler.Options options, IReadOnlyList<Observation> history, int index, ulong seed, Branch? branch)
    {
        private readonly Dictionary<string, ParameterValue> _values = new(StringComparer.Ordinal);
        private readonly HashSet<int> _ranked = [];
        private int _tries;

        /// <summary>Gives the groups from one on their values, best candidates first, and goes back to the next candidate
        /// of the group before where none of theirs is accepted.</summary>
        public Configuration? Complete(int at)
        {
            if (at == search._groups.Length)
            {
                _tries++;
                var configuration = new Configuration(_values);
                return Accepts(configuration) ? configuration : null;
            }

            var group = search._groups[at];
            if (!group.When.All(condition => condition.HoldsIn(_values)))
                return Complete(at + 1);
            if (search._searches[at] is not { } candidates)
            {
                Take(group, []);
                var completed = Complete(at + 1);
                if (completed is null)
                    Leave(group); // the next candidate of a parent may not have it
                return completed;
            }

            if (_ranked.Add(at))
            {
                var draws = new KeyedDraws(new KeyedStream(seed, (ulong)index, $"tpe/{at}"));
                candidates.Rank(search._table, search._ranking, options.Candidates, draws, branch);
            }

            for (var rank = 0; rank < options.Candidates && _tries < MostTries; rank++)
            {
                Take(group, candidates[rank]);
                if (Complete(at + 1) is { } complete)
                    return complete;
                Leave(group);
            }

            return null;
        }

        private bool Accepts(Configuration configuration) =>
            !IsGiven(configuration) && search._space.Admits(configuration);

        /// <summary>Also where there is no end of configurations, one may come again: the best trial with another choice.</summary>
        private bool IsGiven(Configuration configuration)
        {
            var row = search._table.RowOf(configuration);
            for (var trial = 0; trial < history.Count; trial++)
            {
                if (search._table.Row(trial).SequenceEqual(row) // dearer to compare are the values
                    && history[trial] is { IsTakenOver: false } given
                    && given.Index < index
                    && given.Configuration.Equals(configuration))
                {
                    return true;
                }
            }

            return false;
        }

        private void Take(ParameterGroup group, ReadOnlySpan<double> coordinates)
        {
            var column = 0;
            foreach (var parameter in group.Parameters)
            {
                var (name, domain) = (search._space.Parameters[parameter].Name, search._space.Parameters[parameter].Domain);
                _values[name] = search._columns[parameter]?.ValueAt(coordinates[column++]) ?? Axis.OfDraws(domain)![0];
            }
        }

        private void Leave(ParameterGroup group)
        {
            foreach (var parameter in group.Parameters)
                _values.Remove(search._space.Parameters[parameter].Name);
        }
    }
}
