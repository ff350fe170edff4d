using System.Diagnostics;

namespace Adapters.Training;

/// <summary>
/// The learning rate by step: it rises in a line to the peak, which the warm-up's last step has, and then falls by a
/// cosine or a line towards its final share, or stays. The final share would be the rate of the step after the last, so
/// that no step is spent on a rate of zero.
/// </summary>
/// <remarks>Cosine: Loshchilov and Hutter 2016, arXiv:1608.03983, one cycle.</remarks>
public sealed class LearningRateSchedule(TrainingOptions options)
{
    private readonly int _peak = Math.Max(1, (int)Math.Round(options.Warmup * options.Steps));

    /// <summary>The rate of a step.</summary>
    /// <param name="step">Its number, from 1 to the number of steps.</param>
    public double At(int step)
    {
        if (step < _peak)
            return options.LearningRate * step / _peak;
        var progress = (double)(step - _peak) / (options.Steps + 1 - _peak);
        var fall = options.Schedule switch
        {
            "constant" => 0,
            "linear" => progress,
            "cosine" => (1 - Math.Cos(Math.PI * progress)) / 2,
            _ => throw new UnreachableException($"schedule '{options.Schedule}'"),
        };
        return options.LearningRate * (1 - ((1 - options.FinalRate) * fall));
    }
}
