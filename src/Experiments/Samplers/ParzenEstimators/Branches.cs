using Experiments.Sweeps;

namespace Experiments.Samplers.ParzenEstimators;

/// <summary>
/// The alternatives to the best trial of a space with conditions: to have a group of parameters that it lacks, or to lack one
/// that it has. What one of them is worth shows only once its own parameters are good, and until then the others draw all
/// trials to theirs. So some suggestions challenge the best trial: they are confined to the alternative whose own best trial
/// is the best, for as long as it may yet win.
/// </summary>
/// <remarks>It may while it has few trials, and later while as many again would win if they bettered its best by as much as
/// the newer half of its trials did. That is known of values up to their unit and offset, but not up to a curved scale.</remarks>
internal sealed class Branches
{
    /// <summary>Share of the challenges: this over the square root of the number of finished trials, and no more than that.
    /// What a challenge can find is worth most while many trials are still to come.</summary>
    private const double Challenges = 1.5, MostChallenges = 0.4;

    /// <summary>An alternative with fewer trials than so many times its parameters is not judged yet.</summary>
    private const int TrialsPerParameter = 3;

    private readonly Column?[] _columns;
    private readonly Alternative[] _alternatives;

    public Branches(SearchSpace space, Column?[] columns, ParameterGroup[] groups)
    {
        _columns = columns;
        _alternatives =
        [
            .. from grouped in groups
               where grouped.When.Count > 0 && grouped.Parameters.Any(parameter => columns[parameter] is not null)
               select new Alternative(
                   grouped.Parameters.First(parameter => columns[parameter] is not null),
                   ConditionsOf(grouped, space, groups).ToLookup(condition => PlaceOf(condition.Parent, space))),
        ];
    }

    /// <summary>The branch that a suggestion is confined to; null for most, and where no alternative may win.</summary>
    /// <param name="table">The coordinates of the trials.</param>
    /// <param name="trials">The trials.</param>
    /// <param name="history">Their values.</param>
    /// <param name="draw">A draw from [0, 1), which decides whether the suggestion challenges.</param>
    public Branch? Challenger(TrialTable table, TrialRanking trials, IReadOnlyList<Observation> history, double draw)
    {
        if (_alternatives.Length == 0 || trials.Finite == 0
            || draw >= Math.Min(MostChallenges, Challenges / Math.Sqrt(trials.Finished)))
            return null;

        var ranked = trials.ByValue[..trials.Finite];
        var best = ranked[0];
        var challengers = new List<(int Rank, bool Lacks, Branch Branch)>();
        foreach (var (marker, conditions) in _alternatives)
        {
            var lacks = table.Has(best, marker); // what it challenges, it differs from
            var rank = 0;
            while (rank < ranked.Length && table.Has(ranked[rank], marker) == lacks)
                rank++;
            if (rank < ranked.Length)
                challengers.Add((rank, lacks, new Branch(table, _columns, marker, ranked[rank], conditions)));
        }

        foreach (var (_, _, branch) in challengers.OrderBy(each => each.Rank).ThenBy(each => each.Lacks))
        {
            if (MayWin(branch, best, trials, history))
                return branch;
        }

        return null;
    }

    private static bool MayWin(Branch branch, int best, TrialRanking trials, IReadOnlyList<Observation> history)
    {
        var values = new List<double>(trials.Finite);
        foreach (var trial in trials.ByAge)
        {
            if (history[trial].Value is { } value && double.IsFinite(value) && branch.Has(trial))
                values.Add(value);
        }

        if (values.Count < TrialsPerParameter * branch.Parameters)
            return true;
        var behind = values.Min() - history[best].Value!.Value;
        var gained = values.Take(values.Count / 2).Min() - values.Min();
        return gained >= behind;
    }

    /// <summary>The conditions that a group rests on, those of the parameters that they name among them.</summary>
    private static IEnumerable<Condition> ConditionsOf(ParameterGroup group, SearchSpace space, ParameterGroup[] groups) =>
        group.When.Concat(group.When.SelectMany(condition =>
            ConditionsOf(groups.First(each => each.Parameters.Contains(PlaceOf(condition.Parent, space))), space, groups)));

    private static int PlaceOf(string name, SearchSpace space) =>
        Enumerable.Range(0, space.Parameters.Count).First(place => space.Parameters[place].Name == name);

    /// <param name="Marker">A parameter of the group, which a trial has where it has the group.</param>
    /// <param name="Conditions">What the group rests on, by the place of the parameter that decides.</param>
    private sealed record Alternative(int Marker, ILookup<int, Condition> Conditions);
}

/// <summary>The trials that have a group of parameters, or those that lack it, as the best of them does.</summary>
/// <param name="table">The coordinates of the trials.</param>
/// <param name="columns">The columns of the space.</param>
/// <param name="marker">A parameter of the group.</param>
/// <param name="best">The best trial.</param>
/// <param name="conditions">What the group rests on, by the place of the parameter that decides.</param>
internal sealed class Branch(TrialTable table, Column?[] columns, int marker, int best, ILookup<int, Condition> conditions)
{
    /// <summary>The best trial.</summary>
    public int Best => best;

    /// <summary>How many parameters the best trial has, those of a single value not counted.</summary>
    public int Parameters => Enumerable.Range(0, columns.Length).Count(parameter => table.Has(best, parameter));

    /// <summary>Whether a trial is one of them.</summary>
    public bool Has(int trial) => table.Has(trial, marker) == table.Has(best, marker);

    /// <summary>A coordinate of a parameter, or the best trial's where that one would lead out of the branch.</summary>
    public double Confine(int parameter, double coordinate)
    {
        if (!conditions.Contains(parameter) || !table.Has(best, parameter))
            return coordinate;
        var (drawn, kept) = (columns[parameter]!.ValueAt(coordinate), columns[parameter]!.ValueAt(table[best, parameter]));
        return conditions[parameter].All(condition => condition.Values.Contains(drawn) == condition.Values.Contains(kept))
            ? coordinate
            : table[best, parameter];
    }
}
