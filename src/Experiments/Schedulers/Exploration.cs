using System.Diagnostics.CodeAnalysis;
using Experiments.Samplers;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Schedulers;

/// <summary>
/// Values near those of a good trial (Jaderberg et al. 2017, 4.1: perturb and resample). Each that may change is drawn anew with some
/// probability, and else is 0.8 or 1.2 times what it was, at least one step of its range away; in order it is a neighbour.
/// A function of (seed, trial, step), whatever was explored before.
/// </summary>
internal static class Exploration
{
    private const int MostTries = 1_000;
    private const ulong Draws = 3; // of a parameter in a try

    /// <summary>A configuration near a donor's that its space allows; the donor's own where a thousand tries find none.</summary>
    /// <param name="donor">Whose configuration is changed.</param>
    /// <param name="trial">The trial that will go on with it.</param>
    /// <param name="step">The step where it is compared.</param>
    /// <param name="options">What changes, and how often it is drawn anew.</param>
    public static Configuration Near(ScheduledTrial donor, TrialId trial, int step, PopulationBasedTraining.Options options)
    {
        var (space, mutable, seed) = donor.Space;
        var streams = space.Parameters
            .Select(parameter => new KeyedStream(seed, (ulong)trial.Number, $"pbt/{step}/{parameter.Name}"))
            .ToList();
        for (var number = 0UL; number < MostTries; number++)
        {
            if (Try(number, out var explored) && space.Admits(explored))
                return explored;
        }

        return donor.Configuration;

        bool Try(ulong number, [NotNullWhen(true)] out Configuration? explored)
        {
            explored = null;
            var values = new Dictionary<string, ParameterValue>(StringComparer.Ordinal);
            for (var dimension = 0; dimension < space.Parameters.Count; dimension++)
            {
                var (name, _, when) = space.Parameters[dimension];
                var isActive = when.All(condition => condition.HoldsIn(values));
                var wasThere = donor.Configuration.Values.TryGetValue(name, out var value);
                var changes = mutable.Contains(name) && options.Parameters?.Contains(name) != false;
                if (!changes && isActive != wasThere)
                    return false; // a parent's new value would add or take away what must not change
                if (!isActive)
                    continue;
                values.Add(name, changes ? Changed(dimension, value, number * Draws) : value!);
            }

            explored = new Configuration(values);
            return true;
        }

        ParameterValue Changed(int dimension, ParameterValue? value, ulong place)
        {
            var random = streams[dimension];
            return value is null || random.Real(place) < options.ResampleProbability
                ? Drawn()
                : Perturbed(space.Parameters[dimension].Domain, value, isUp: random.Real(place + 2) < 0.5) ?? Drawn();

            ParameterValue Drawn() => UnitCube.Of(space).ValueAt(dimension, random.Real(place + 1));
        }
    }

    /// <summary>The value next to one, or a fifth away; null for choices, which have no neighbours.</summary>
    internal static ParameterValue? Perturbed(Domain domain, ParameterValue value, bool isUp)
    {
        var factor = isUp ? 1.2 : 0.8;
        switch (domain, value)
        {
            case (Domain.Choice, _):
                return null;
            case (Domain.Ordinal { Values.Count: > 1 }, _):
                var values = Axis.OfDraws(domain)!;
                var position = values.PositionOf(value);
                return values[position == 0 || (isUp && position < values.Count - 1) ? position + 1 : position - 1];
            case (Domain.Float { Step: null } range, ParameterValue.Real { Value: var real }):
                return new ParameterValue.Real(Math.Clamp(real * factor, range.Low, range.High));
            case (Domain.Float { Step: { } step } range, ParameterValue.Real { Value: var real }):
                return Stepped(range, range.Low, step, real);
            case (Domain.Int range, ParameterValue.Integer { Value: var whole }):
                return Stepped(range, range.Low, range.Step ?? 1, whole);
            default:
                return value;
        }

        ParameterValue Stepped(Domain range, double low, double step, double from)
        {
            var axis = Axis.OfDraws(range)!;
            var (before, after) = (Math.Round((from - low) / step), Math.Round((from * factor - low) / step));
            if (after == before)
                after += from < 0 == isUp ? -1 : 1;
            return axis[(long)Math.Clamp(after, 0, axis.Count - 1)];
        }
    }
}
