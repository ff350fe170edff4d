namespace Experiments.Samplers.GaussianProcesses;

/// <summary>From what configurations came to, a Gaussian process over the space that they are of.</summary>
internal static class Surrogate
{
    /// <summary>How many observations hyperparameters are sought with: the cost of a step grows with the cube.</summary>
    private const int FitSize = 160;

    private const int Searches = 2;
    private const int Iterations = 25;

    /// <summary>The process that explains values at points best, with its own expectations at points that are under way.</summary>
    /// <remarks>The expectations are those of Ginsbourger, Le Riche, Carraro 2010, the kriging believer: what is known there
    /// already gains nothing, so that workers side by side get different points.</remarks>
    /// <param name="space">The space.</param>
    /// <param name="points">Points as the kernel sees them, oldest first.</param>
    /// <param name="values">Their values, lower being better.</param>
    /// <param name="pending">Points without a value yet.</param>
    public static GaussianProcess Of(
        MixedSpace space, IReadOnlyList<double[]> points, IReadOnlyList<double> values, IReadOnlyList<double[]> pending)
    {
        var distances = LogWarp.Distances(values);
        var hyperparameters = new Hyperparameters(space.Reals, space.Codes);
        var fitted = Fit(hyperparameters, points, distances);

        var kernel = new Kernel(fitted, space.Reals, space.Codes);
        var noise = Math.Exp(fitted[hyperparameters.Noise]);
        var strength = Math.Exp(fitted[hyperparameters.Warp]);
        double[] warped = [.. distances.Select(distance => LogWarp.Of(distance, strength))];
        var process = new GaussianProcess(kernel, noise, PointSet.Of(space.Reals, space.Codes, points), warped);
        if (pending.Count == 0)
            return process;

        double[] believed = [.. warped, .. pending.Select(point => process.Mean(point))];
        return new GaussianProcess(kernel, noise, PointSet.Of(space.Reals, space.Codes, [.. points, .. pending]), believed, process);
    }

    /// <summary>Positions of the values to keep where there are too many: half of them the best ones, half the newest.</summary>
    public static IReadOnlyList<int> BestAndNewest(IReadOnlyList<double> values, int size)
    {
        if (values.Count <= size)
            return [.. Enumerable.Range(0, values.Count)];
        var byValue = Enumerable.Range(0, values.Count).OrderBy(i => values[i]).ToList();
        var best = byValue.Take(size / 2).ToHashSet();
        var newest = Enumerable.Range(0, values.Count).Reverse().Where(i => !best.Contains(i)).Take(size - best.Count);
        return [.. best.Concat(newest).Order()];
    }

    private static double[] Fit(Hyperparameters hyperparameters, IReadOnlyList<double[]> points, double[] distances)
    {
        var kept = BestAndNewest(distances, FitSize);
        if (kept.All(i => distances[i] == distances[kept[0]]))
            return hyperparameters.Starts[0]; // equal values fit any scale

        var likelihood = new Likelihood(
            hyperparameters,
            PointSet.Of(hyperparameters.Reals, hyperparameters.Codes, [.. kept.Select(i => points[i])]),
            [.. kept.Select(i => distances[i])]);
        var ignored = new double[hyperparameters.Count];
        var minimizer = new BoxMinimizer(hyperparameters.Lower, hyperparameters.Upper);
        var found = hyperparameters.Starts
            .OrderBy(start => likelihood.Evaluate(start, ignored))
            .Take(Searches)
            .Select(start => (double[])start.Clone())
            .Select(point => (Point: point, Value: minimizer.Descend(likelihood.Evaluate, point, Iterations)));
        return found.MinBy(end => end.Value).Point;
    }
}
