using MathNet.Numerics.Statistics;

namespace Experiments.Samplers;

/// <summary>
/// Values of one step out of values of many: what a scheduler stopped or lets rest early was measured after less training
/// than what ran to its end, and cannot be compared with it as it is. Every value is carried to the furthest step that
/// enough trials were measured at, from rung to rung by a straight line through what the trials that went on were
/// measured at both.
/// </summary>
/// <remarks>
/// The step is that of BOHB (Falkner, Klein and Hutter 2018, arXiv:1807.01774, section 3.2), which leaves all trials out that have not come
/// so far; here they count with what they may be expected to come to. That a scheduler lets only good trials go on does not
/// bias a line, since it chooses them by the value that the line starts from. The lines are those of Theil (1950) and Sen (1968),
/// medians that a training which diverged leaves where they are; one that falls is taken as level: then the earlier value
/// says nothing about the later one.
/// </remarks>
internal static class CurveExtrapolation
{
    /// <summary>A line needs a third point before it can be wrong.</summary>
    private const int FewestPoints = 3;

    /// <summary>Of so many pairs, the newest, a line is made: its cost grows with their square.</summary>
    private const int MostPairs = 50;

    /// <summary>The observations before an index, all as if measured at the same step; a value that nothing leads on from becomes
    /// unknown. With several objectives, and where all values are of the full resource, as they are.</summary>
    /// <param name="history">What is known.</param>
    /// <param name="index">Observations from this index on are left as they are.</param>
    /// <param name="parameters">Number of parameters: a step counts from so many measurements and one more on.</param>
    public static IReadOnlyList<Observation> Of(IReadOnlyList<Observation> history, int index, int parameters)
    {
        var partial = false;
        foreach (var observation in history)
        {
            if (observation.Objectives.Count > 1)
                return history;
            partial |= observation is { Value: not null, Progress: < 1 };
        }

        var least = Math.Max(FewestPoints, parameters + 1);
        double[][] curves = partial ? Curves(history, index, least) : [];
        if (curves.Length == 0 || curves[0].Length == 0)
            return history;

        var lines = Lines(curves, [.. Enumerable.Range(0, history.Count).OrderByDescending(i => history[i].Index)], least);
        var carried = new Observation[history.Count];
        for (var i = 0; i < carried.Length; i++)
        {
            carried[i] = history[i].Index >= index || history[i].Value is null
                ? history[i]
                : history[i] with { Value = Carried(curves[i], lines, history[i]), Objectives = [], Progress = 1, Earlier = [] };
        }

        return carried;
    }

    /// <summary>The values at each step that enough observations were measured at, by observation; NaN where there is none.</summary>
    private static double[][] Curves(IReadOnlyList<Observation> history, int index, int least)
    {
        var counts = new SortedDictionary<double, int>();
        foreach (var observation in history)
        {
            if (observation.Index >= index || observation.Value is not { } value)
                continue;
            foreach (var (progress, _) in observation.Earlier)
                counts[progress] = counts.GetValueOrDefault(progress) + 1;
            if (double.IsFinite(value))
                counts[observation.Progress] = counts.GetValueOrDefault(observation.Progress) + 1;
        }

        double[] steps = [.. counts.Where(count => count.Value >= least).Select(count => count.Key)];
        return [.. history.Select(observation => CurveOf(observation, steps, isKnown: observation.Index < index))];
    }

    private static double[] CurveOf(Observation observation, double[] steps, bool isKnown)
    {
        var curve = new double[steps.Length];
        Array.Fill(curve, double.NaN);
        if (!isKnown)
            return curve;
        foreach (var (progress, value) in observation.Earlier)
            Set(progress, value);
        if (observation.Value is { } newest)
            Set(observation.Progress, newest);
        return curve;

        void Set(double progress, double value)
        {
            if (Array.BinarySearch(steps, progress) is >= 0 and var step)
                curve[step] = value;
        }
    }

    /// <summary>For each step the line to the last one; null where too few observations lead on.</summary>
    private static (double Slope, double Offset)?[] Lines(double[][] curves, int[] newestFirst, int least)
    {
        var lines = new (double Slope, double Offset)?[curves[0].Length];
        lines[^1] = (1, 0);
        for (var step = lines.Length - 2; step >= 0; step--)
        {
            var pairs = new List<(double From, double To)>();
            foreach (var i in newestFirst)
            {
                if (pairs.Count < MostPairs && double.IsFinite(curves[i][step]) && double.IsFinite(curves[i][step + 1]))
                    pairs.Add((curves[i][step], curves[i][step + 1]));
            }

            if (pairs.Count < least || lines[step + 1] is not { } onwards)
                break;
            var (slope, offset) = Line(pairs);
            lines[step] = (onwards.Slope * slope, (onwards.Slope * offset) + onwards.Offset);
        }

        return lines;
    }

    /// <summary>The median slope of all pairs of points, at least 0, and the median offset under it.</summary>
    internal static (double Slope, double Offset) Line(IReadOnlyList<(double From, double To)> points)
    {
        var slopes = new List<double>();
        for (var i = 0; i < points.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (points[i].From != points[j].From)
                    slopes.Add((points[i].To - points[j].To) / (points[i].From - points[j].From));
            }
        }

        var slope = slopes.Count == 0 ? 0 : Math.Max(0, ArrayStatistics.MedianInplace([.. slopes]));
        return (slope, ArrayStatistics.MedianInplace([.. points.Select(point => point.To - (slope * point.From))]));
    }

    private static double? Carried(double[] curve, (double Slope, double Offset)?[] lines, Observation observation)
    {
        if (!double.IsFinite(observation.Value!.Value))
            return observation.Value; // it came to nothing, however well it began
        for (var step = curve.Length - 1; step >= 0; step--)
        {
            if (!double.IsNaN(curve[step]))
                return lines[step] is { } line ? (line.Slope * curve[step]) + line.Offset : null;
        }

        return observation.Progress == 1 ? observation.Value : null;
    }
}
