using Experiments.Samplers;
using Experiments.Samplers.ParzenEstimators;
using Experiments.Sweeps;
using Xunit;

namespace Experiments.Tests.Samplers.ParzenEstimators;

public sealed class BranchesTests
{
    // Each trial has two parameters, so a branch is judged from six trials on.
    private static readonly SearchSpace _three = new(
        [Choice("kind", ["a", "b", "c"]), Real("x", On("kind", "a")), Real("y", On("kind", "b")), Real("z", On("kind", "c"))]);

    [Fact]
    public void The_best_alternative_challenges_while_twice_its_trials_may_let_it_win()
    {
        // Trial 5 is 3 behind; the newer half of its branch gained 5, then just 3.
        var gaining = Challenger([("a", 1), ("b", 9), ("b", 9), ("b", 9), ("b", 5), ("b", 4), ("b", 5), ("c", 20)]);
        var justSo = Challenger([("a", 1), ("b", 9), ("b", 7), ("b", 9), ("b", 5), ("b", 4), ("b", 5), ("c", 20)]);

        Assert.Equal(5, gaining!.Best);
        Assert.Equal(5, justSo!.Best);
        Assert.Equal([1, 2, 3, 4, 5, 6], Enumerable.Range(0, 8).Where(gaining.Has));
    }

    [Fact]
    public void One_that_would_not_win_leaves_the_challenge_to_the_next()
    {
        (string, double)[] slow = [("a", 1), ("b", 9), ("b", 9), ("b", 9), ("b", 8), ("b", 8), ("b", 7)]; // 6 behind, gained 2

        Assert.Equal(7, Challenger([.. slow, ("c", 20)])!.Best);
        Assert.Null(Challenger([.. slow, .. Enumerable.Repeat(("c", 20.0), 6)]));
    }

    [Fact]
    public void With_few_trials_it_may_still_win()
    {
        (string, double)[] five = [("a", 1), ("b", 9), ("b", 9), ("b", 9), ("b", 9), ("b", 9)];

        Assert.Equal(1, Challenger(five)!.Best);
        Assert.Null(Challenger([.. five, ("b", 9)]));
    }

    [Fact]
    public void Challenges_become_rarer_with_the_root_of_the_trials()
    {
        List<(string, double)> many = [.. Enumerable.Repeat(("a", 1.0), 35), ("b", 2)]; // 1.5 / 6

        Assert.NotNull(Challenger([.. many], draw: 0.249));
        Assert.Null(Challenger([.. many], draw: 0.25));
        Assert.NotNull(Challenger([("a", 1), ("b", 2)], draw: 0.399));
        Assert.Null(Challenger([("a", 1), ("b", 2)], draw: 0.4)); // at most
    }

    [Fact]
    public void Nothing_challenges_where_all_trials_have_the_same_parameters()
    {
        Assert.Null(Challenger([("a", 1), ("a", 2)]));
        Assert.Null(Challenger(new SearchSpace([Choice("kind", ["a", "b"])]), [Texts(("kind", "a")), Texts(("kind", "b"))]));
    }

    [Fact]
    public void What_decides_on_the_branch_stays_where_it_would_leave_it()
    {
        string[] adaptive = ["adam", "lion"];
        var space = new SearchSpace(
        [
            Choice("optimizer", ["sgd", .. adaptive]), Choice("warmup", ["no", "yes"], On("optimizer", adaptive)),
            Real("share", On("warmup", "yes")),
        ]);
        var lacking = Texts(("optimizer", "adam"), ("warmup", "no"));
        var having = new Configuration(
            [.. Texts(("optimizer", "lion"), ("warmup", "yes")).Values, new("share", new ParameterValue.Real(0.5))]);

        var challenger = Challenger(space, [lacking, having])!;

        Assert.Equal(1, challenger.Best);
        Assert.Equal([2, 1, 2], new double[] { 0, 1, 2 }.Select(optimizer => challenger.Confine(0, optimizer))); // not sgd, but adam
        Assert.Equal([1, 1], new double[] { 0, 1 }.Select(warmup => challenger.Confine(1, warmup)));
        Assert.Equal(0.125, challenger.Confine(2, 0.125));
    }

    private static Branch? Challenger((string Kind, double Value)[] trials, double draw = 0) =>
        Challenger(
            _three,
            [.. trials.Select((trial, index) => new Observation(index, Draw(trial.Kind, index), trial.Value, Failed: false))],
            draw);

    private static Branch? Challenger(SearchSpace space, Configuration[] bestFirst) =>
        Challenger(space, [.. bestFirst.Select((trial, index) => new Observation(index, trial, index, Failed: false))], draw: 0);

    private static Branch? Challenger(SearchSpace space, List<Observation> history, double draw)
    {
        Column?[] columns = [.. space.Parameters.Select(parameter => Column.Of(parameter.Domain))];
        var (table, ranking) = (new TrialTable(space, columns), new TrialRanking());
        table.Read(history);
        ranking.Read(history, history.Count, countFailed: false);
        return new Branches(space, columns, ParameterGroup.Of(space)).Challenger(table, ranking, history, draw);
    }

    private static Configuration Draw(string kind, int index) => new(
    [
        new("kind", new ParameterValue.Text(kind)),
        new(kind is "a" ? "x" : kind is "b" ? "y" : "z", new ParameterValue.Real(index / 100.0)),
    ]);

    private static Configuration Texts(params (string Name, string Value)[] values) =>
        new(values.Select(each => KeyValuePair.Create<string, ParameterValue>(each.Name, new ParameterValue.Text(each.Value))));

    private static Parameter Choice(string name, string[] choices, params Condition[] when) =>
        new(name, new Domain.Choice([.. choices.Select(choice => new ParameterValue.Text(choice))]), [.. when]);

    private static Parameter Real(string name, params Condition[] when) => new(name, new Domain.Float(0, 1), [.. when]);

    private static Condition On(string parent, params string[] values) =>
        new(parent, [.. values.Select(value => new ParameterValue.Text(value))]);
}
