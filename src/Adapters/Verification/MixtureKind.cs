namespace Adapters.Verification;

/// <summary>
/// Mixtures of given experts, as the parts that they are made of: a gate over outputs (<see cref="GateCase"/>), gates in a stack of
/// blocks (<see cref="StackCase"/>), and compositions without a gate (<see cref="CompositionCase"/>).
/// </summary>
[GoldenKind("core/mole")]
internal sealed class MixtureKind : IGoldenKind
{
    public void Check(GoldenCase golden, Comparison compare)
    {
        var tensors = GoldenLayer.TensorsOf(golden);
        if (golden.NodeAt("hyperparameters.granularity") is not null)
            StackCase.Check(golden, tensors, compare);
        else if (tensors.Names.Contains("in.experts"))
            GateCase.Check(golden, tensors, compare);
        else if (tensors.Names.Contains("in.weights"))
            CompositionCase.Check(golden, tensors, compare);
        else
            throw new UnsupportedCaseException("it has neither outputs of experts, nor blocks, nor weights of a composition.");
    }
}
