using Adapters.Methods;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Mechanisms;

/// <summary>
/// Spends a budget of ranks, which falls over a training, on those triplets of all layers that matter most to the loss: row k of A,
/// entry k of E and column k of B. The others' entries of E become zero; they may come back until the budget is at its end.
/// </summary>
/// <remarks>
/// Zhang et al. 2023, arXiv:2303.10512, section 3.2. A value matters by |p·∂L/∂p|, of which a running mean times a running mean of
/// its changes is the score. The state of all layers lies in one tensor, E's values first.
/// </remarks>
internal sealed class RankAllocation
{
    private readonly IReadOnlyList<Triplets> _layers;
    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly Budget _budget;
    private readonly int _triplets;
    private readonly Tensor _sensitivity; // [values]
    private readonly Tensor _uncertainty; // [values]
    private readonly Tensor _kept; // [triplets], 1 or 0

    /// <param name="on">Keeps the state.</param>
    /// <param name="layers">What is trained.</param>
    /// <param name="budget">How the budget falls.</param>
    public RankAllocation(Attachment on, IReadOnlyList<Triplets> layers, Budget budget)
    {
        (_layers, _budget) = (layers, budget);
        _parameters = [.. layers.Select(layer => layer.E), .. layers.SelectMany(layer => new[] { layer.A, layer.B })];
        _triplets = (int)layers.Sum(layer => layer.E.numel());
        var values = _parameters.Sum(parameter => parameter.numel());
        _sensitivity = on.Share("adalora_sensitivity", Keeping.InCheckpoints, () => zeros(values, device: on.Model.Device));
        _uncertainty = on.Share("adalora_uncertainty", Keeping.InCheckpoints, () => zeros(values, device: on.Model.Device));
        _kept = on.Share("adalora_kept", Keeping.InCheckpoints, () => ones(_triplets, device: on.Model.Device));
    }

    /// <summary>A step was made, whose gradients are still there.</summary>
    /// <param name="step">Its number from 1.</param>
    /// <param name="steps">The steps of the training.</param>
    public void Stepped(int step, int steps)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var last = _budget.LastChange(steps);
        if (step < last)
            Observe();
        var ranks = _budget.At(step, steps, _triplets, _layers.Count);
        if (ranks is not null)
            Choose(ranks.Value);
        if (ranks is not null || step > last)
            Cut();
    }

    private void Observe()
    {
        var importance = (Flat(parameter => parameter) * Flat(parameter => parameter.grad!)).abs();
        _sensitivity.mul_(_budget.Beta1).add_(importance, 1 - _budget.Beta1);
        _uncertainty.mul_(_budget.Beta2).add_((importance - _sensitivity).abs(), 1 - _budget.Beta2);

        Tensor Flat(Func<Parameter, Tensor> of) => cat([.. _parameters.Select(parameter => of(parameter).reshape(-1))]);
    }

    private void Choose(int ranks)
    {
        if (ranks >= _triplets)
        {
            _kept.fill_(1);
            return;
        }

        var scores = Scores();
        _kept.copy_(scores > scores.kthvalue(_triplets - ranks, 0).values);
    }

    /// <summary>A triplet's score: that of its entry of E, and the means of those of its row and its column.</summary>
    private Tensor Scores()
    {
        var scores = _sensitivity * _uncertainty;
        var at = (long)_triplets;
        return scores.narrow(0, 0, _triplets)
            + cat([.. _layers.Select(layer => Next(layer.A).mean([1]) + Next(layer.B).mean([0]))]);

        Tensor Next(Tensor parameter)
        {
            var part = scores.narrow(0, at, parameter.numel()).view(parameter.shape);
            at += parameter.numel();
            return part;
        }
    }

    private void Cut()
    {
        var at = 0L;
        foreach (var (_, e, _) in _layers)
        {
            e.mul_(_kept.narrow(0, at, e.numel()).view(e.shape));
            at += e.numel();
        }
    }

    /// <summary>What a layer trains: <c>B·diag(E)·A</c>.</summary>
    /// <param name="A"><c>[rank, in]</c></param>
    /// <param name="E"><c>[rank, 1]</c></param>
    /// <param name="B"><c>[out, rank]</c></param>
    internal sealed record Triplets(Parameter A, Parameter E, Parameter B);

    /// <summary>How the budget falls: not at first, then by a cubic to the target, which the last steps keep.</summary>
    /// <param name="Target">Mean rank of the layers at the end.</param>
    /// <param name="Warmup">First steps, which have all ranks.</param>
    /// <param name="Settled">Last steps, in which no rank goes or comes.</param>
    /// <param name="Interval">Steps from one choice to the next.</param>
    /// <param name="Beta1">Decay of the mean importance.</param>
    /// <param name="Beta2">Decay of the mean change of importance.</param>
    /// <param name="Steps">Steps that it is laid out for; null for those of the training.</param>
    internal sealed record Budget(int Target, int Warmup, int Settled, int Interval, double Beta1, double Beta2, int? Steps)
    {
        /// <summary>The step after which the target is reached.</summary>
        public int LastChange(int steps) => (Steps ?? steps) - Settled;

        /// <summary>Number of triplets that stay after a step; null where the step changes none.</summary>
        /// <param name="step">From 1.</param>
        /// <param name="steps">The steps of the training.</param>
        /// <param name="all">Triplets at first.</param>
        /// <param name="layers">Number of layers.</param>
        /// <exception cref="AdapterException">When no step is left for the fall.</exception>
        public int? At(int step, int steps, int all, int layers)
        {
            var last = LastChange(steps);
            if (last <= Warmup)
                throw new AdapterException($"Options 'warmup_steps' and 'settled_steps' of method 'adalora' are {Warmup} and {Settled}, "
                    + $"but their sum must be less than the {Steps ?? steps} steps of the schedule.");
            if (step > last || step <= Warmup || (step < last && step % Interval != 0))
                return null;
            var left = 1 - (double)(step - Warmup) / (last - Warmup);
            var target = Target * layers;
            return (int)((all - target) * Math.Pow(left, 3) + target);
        }
    }
}
