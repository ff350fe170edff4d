using Adapters.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Adapters.Methods;

/// <summary>How the task's loss hangs on layers' weights, before anything is trained.</summary>
internal static class WeightGradients
{
    /// <summary>Gradients of the mean of a few losses; the model is left as it was.</summary>
    /// <param name="model">The base, without an adapter, whose layers hold gradients of their own size meanwhile.</param>
    /// <param name="sites">The layers.</param>
    /// <param name="loss">Of the number of a batch, from 0, its loss.</param>
    /// <param name="batches">How many.</param>
    /// <returns>Of each layer <c>[out, in]</c> in float32, in the current dispose scope.</returns>
    /// <exception cref="AdapterException">When one is not finite.</exception>
    public static IReadOnlyDictionary<Site, Tensor> Of(BaseModel model, IReadOnlyList<Site> sites, Func<int, Tensor> loss, int batches)
    {
        var training = model.training;
        var learning = Set(model.parameters().Where(parameter => parameter.requires_grad));
        var weights = Set(sites.Select(site => (Parameter)site.Whole.Weight));
        foreach (var parameter in model.parameters())
            parameter.requires_grad = weights.Contains(parameter);
        model.train();
        try
        {
            using (enable_grad())
                for (var batch = 0; batch < batches; batch++)
                {
                    using var scope = NewDisposeScope();
                    (loss(batch) / batches).backward();
                }

            return sites.ToDictionary(site => site, Gradient);
        }
        finally
        {
            model.train(training);
            foreach (var parameter in model.parameters())
            {
                parameter.grad?.Dispose();
                parameter.grad = null;
                parameter.requires_grad = learning.Contains(parameter);
            }
        }

        static HashSet<Parameter> Set(IEnumerable<Parameter> parameters) =>
            parameters.ToHashSet<Parameter>(ReferenceEqualityComparer.Instance);

        Tensor Gradient(Site site)
        {
            var whole = site.Whole;
            var gradient = site.RowsOf(whole.Matrix(whole.Weight.grad ?? zeros_like(whole.Weight))).to(float32).clone();
            return gradient.isfinite().all().item<bool>() ? gradient
                : throw new AdapterException($"The loss of the first {batches} batches has no finite gradient by the weights of the base.");
        }
    }
}
