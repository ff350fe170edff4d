using CsCheck;
using Experiments.Sweeps;

namespace Experiments.Tests.Samplers;

/// <summary>Small spaces with conditions, and their configurations listed the slow and obvious way.</summary>
internal static class SpaceGen
{
    private static readonly Gen<Domain> _finite = Gen.OneOf<Domain>(
        Gen.Long[-5, 5].Select(value => (Domain)new Domain.Fixed(new ParameterValue.Integer(value))),
        Gen.Int[1, 4].Select(count => (Domain)new Domain.Choice(
            [.. Enumerable.Range(0, count).Select(value => new ParameterValue.Text($"c{value}"))])),
        Gen.Int[1, 4].Select(count => (Domain)new Domain.Ordinal(
            [.. Enumerable.Range(0, count).Select(value => new ParameterValue.Integer(1 << value))])),
        Gen.Select(Gen.Long[-3, 3], Gen.Long[0, 5], Gen.Long[1, 3], (low, more, step) =>
            (Domain)new Domain.Int(low, low + more, Step: step)),
        Gen.Select(Gen.Long[1, 3], Gen.Long[0, 5], (low, more) => (Domain)new Domain.Int(low, low + more, Log: true)),
        Gen.Select(Gen.Int[-3, 3], Gen.Int[0, 3], (low, more) => (Domain)new Domain.Float(low * 0.1, (low + more) * 0.1, Step: 0.1)));

    private static readonly Gen<Domain> _any = Gen.OneOf<Domain>(
        _finite,
        Gen.Select(Gen.Double[1e-6, 1], Gen.Double[1e-6, 10], Gen.Bool, (low, more, log) => (Domain)new Domain.Float(low, low + more, log)),
        Gen.Select(Gen.Double[1e-6, 1], Gen.Double[1e-6, 10], Gen.Int[2, 5], (low, more, points) =>
            (Domain)new Domain.Float(low, low + more, true, null, points)));

    /// <summary>Spaces whose configurations can be listed: at most some thousands.</summary>
    public static Gen<SearchSpace> Finite { get; } = Spaces(_finite);

    public static Gen<SearchSpace> Any { get; } = Spaces(_any);

    /// <summary>Every configuration in mixed-radix order, by going through them.</summary>
    public static IEnumerable<Configuration> Listed(SearchSpace space)
    {
        return From(0, new Dictionary<string, ParameterValue>()).Select(values => new Configuration(values));

        IEnumerable<Dictionary<string, ParameterValue>> From(int index, Dictionary<string, ParameterValue> values)
        {
            if (index == space.Parameters.Count)
                return [values];
            var parameter = space.Parameters[index];
            return parameter.When.All(condition => condition.HoldsIn(values))
                ? ValuesOf(parameter.Domain).SelectMany(value => From(index + 1, new(values) { [parameter.Name] = value }))
                : From(index + 1, values);
        }
    }

    public static IEnumerable<ParameterValue> ValuesOf(Domain domain)
    {
        switch (domain)
        {
            case Domain.Fixed only:
                return [only.Value];
            case Domain.Choice choice:
                return choice.Choices;
            case Domain.Ordinal ordinal:
                return ordinal.Values;
            case Domain.Int range:
                var whole = new List<ParameterValue>();
                for (var value = range.Low; value <= range.High; value += range.Step ?? 1)
                    whole.Add(new ParameterValue.Integer(value));
                return whole;
            case Domain.Float { Step: 0.1 } range:
                var count = (int)Math.Round((range.High - range.Low) * 10);
                return Enumerable.Range(0, count + 1).Select(step => new ParameterValue.Real(Math.Round(range.Low + step * 0.1, 1)));
            default:
                throw new NotSupportedException($"{domain} is not listed here.");
        }
    }

    /// <summary>Each parameter may ask for some values of one before it.</summary>
    private static Gen<SearchSpace> Spaces(Gen<Domain> domains) =>
        Gen.Select(domains, Gen.Int[0, 9], Gen.Int[1, 3]).Array[0, 5].Select(drawn =>
        {
            var parameters = new List<Parameter>();
            foreach (var (domain, parent, named) in drawn)
            {
                var name = $"p{parameters.Count}";
                EquatableArray<Condition> when = parent < parameters.Count && parameters[parent].Domain is not Domain.Float { Step: null }
                    ? [new Condition($"p{parent}", [.. ValuesOf(parameters[parent].Domain).Take(named)])]
                    : [];
                parameters.Add(new Parameter(name, domain, when));
            }

            return new SearchSpace([.. parameters]);
        });
}
