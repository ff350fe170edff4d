using static TorchSharp.torch;

namespace Adapters.Verification;

/// <summary>Collects how far the tensors of one case are off.</summary>
public sealed class Comparison(GoldenCase golden, double gradientShare)
{
    /// <summary>The output furthest off so far.</summary>
    public Deviation? WorstOutput { get; private set; }

    /// <summary>The gradient furthest off so far.</summary>
    public Deviation? WorstGradient { get; private set; }

    /// <summary>Compares an output, or a state after training, with the whole tolerance.</summary>
    /// <param name="name">Its name in the case.</param>
    /// <param name="ours">What we computed.</param>
    /// <param name="expected">What the reference computed.</param>
    /// <param name="where">Where to compare, as booleans that broadcast to the shape; everywhere when null.</param>
    public void Output(string name, Tensor ours, Tensor expected, Tensor? where = null) =>
        WorstOutput = Worse(WorstOutput, Deviate(name, ours, expected, where));

    /// <summary>Compares an output where the case has it. A number may be recorded with a dimension or without.</summary>
    /// <param name="name">Its name in the case.</param>
    /// <param name="ours">Computes ours.</param>
    /// <param name="recorded">Where the case would have it.</param>
    public void OutputIfAny(string name, Func<Tensor> ours, GoldenTensors recorded)
    {
        if (recorded.Find(name) is not { } expected)
            return;
        var computed = ours();
        Output(name, computed.numel() == 1 && expected.numel() == 1 ? computed.reshape(expected.shape) : computed, expected);
    }

    /// <summary>Compares a number, such as the loss, with the whole tolerance.</summary>
    public void Output(string name, double ours, double expected) => Output(name, tensor(ours), tensor(expected));

    /// <summary>Compares a gradient; those of whole models may use but a share of the tolerance.</summary>
    /// <param name="name">Its name in the case.</param>
    /// <param name="ours">What we computed; null, where nothing flowed, stands for zeros.</param>
    /// <param name="expected">What the reference computed.</param>
    public void Gradient(string name, Tensor? ours, Tensor expected) =>
        WorstGradient = Worse(WorstGradient, Deviate(name, ours ?? zeros_like(expected), expected, where: null));

    /// <summary>Why the case fails, in one sentence; null when all agrees.</summary>
    internal string? Fault()
    {
        if (WorstOutput is null && WorstGradient is null)
            return "the case holds nothing that could be compared.";
        if (WorstOutput?.Share > 1)
            return $"'{WorstOutput.Tensor}' is off by {Times(WorstOutput)} the tolerance.";
        var share = golden.HasLooseGradients ? gradientShare : 1;
        if (WorstGradient?.Share > share)
            return $"the gradient '{WorstGradient.Tensor}' is off by {Times(WorstGradient)} the tolerance, "
                + $"where at most {share:0.###} is right.";
        return null;

        static string Times(Deviation worst) => double.IsFinite(worst.Share)
            ? $"{worst.Share:0.###} times" : "more than any number of times (another shape, or not a number)";
    }

    private Deviation Deviate(string name, Tensor ours, Tensor expected, Tensor? where)
    {
        using var scope = NewDisposeScope();
        if (where is not null && ours.shape.SequenceEqual(expected.shape))
            ours = ours.detach().where(where, expected);
        return new Deviation(name, golden.ToleranceOf(name).ShareUsed(ours, expected));
    }

    private static Deviation Worse(Deviation? a, Deviation b) => a is null || b.Share > a.Share ? b : a;
}
