using Adapters.Methods;
using Adapters.Training.Optimizers;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Training.Optimizers;

public sealed class FlatParametersTests : TorchTest
{
    private readonly Parameter _bias;
    private readonly Parameter _weight;

    public FlatParametersTests() =>
        (_bias, _weight) = (new(arange(3, dtype: float32)), new(arange(6, dtype: float32).reshape(3, 2)));

    [Fact]
    public void Parameters_keep_their_values_and_become_views_of_one_buffer()
    {
        using var flat = new FlatParameters([("bias", _bias), ("weight", _weight)]);

        using (no_grad())
            flat.Values.add_(10);

        Assert.Equal([10f, 11, 12], _bias.data<float>().ToArray());
        Assert.Equal([10f, 11, 12, 13, 14, 15], _weight.data<float>().ToArray());
        Assert.Equal([3L, 2], _weight.shape);
        Assert.True(_weight.requires_grad);
    }

    [Fact]
    public void Gradients_add_up_in_one_buffer_until_they_are_zeroed()
    {
        using var flat = new FlatParameters([("bias", _bias), ("weight", _weight)]);

        for (var pass = 0; pass < 2; pass++)
            ((2 * _bias).sum() + (3 * _weight).sum()).backward();
        using var norm = flat.GradientNorm();

        Assert.Equal(Math.Sqrt((3 * 16) + (6 * 36)), norm.item<float>(), 1e-5);
        Assert.Equal([4f, 4, 4], _bias.grad!.data<float>().ToArray());
        flat.ZeroGradients();
        Assert.Equal([0f, 0, 0], _bias.grad!.data<float>().ToArray());
    }

    [Fact]
    public void Matrices_come_first_because_only_they_decay()
    {
        using var flat = new FlatParameters([("bias", _bias), ("weight", _weight)]);
        using var all = new FlatParameters([("bias", new Parameter(zeros(3)))], decayVectors: true);

        Assert.Equal(["weight", "bias"], flat.Views(flat.Values).Select(pair => pair.Name));
        Assert.Equal([new RateGroup(1, 0, 32, 16)], flat.Rates);
        Assert.Equal([new RateGroup(1, 0, 16, 16)], all.Rates);
    }

    [Fact]
    public void Views_of_a_buffer_carry_names_and_shapes()
    {
        using var flat = new FlatParameters([("bias", _bias), ("weight", _weight)]);

        var views = flat.Views(flat.Values).ToDictionary(pair => pair.Name, pair => pair.View);

        Assert.Equal([3L, 2], views["weight"].shape);
        Assert.Equal(_bias.data<float>().ToArray(), views["bias"].data<float>().ToArray());
    }

    [Fact]
    public void After_the_training_parameters_have_their_values_and_no_gradients()
    {
        new FlatParameters([("weight", _weight)]).Dispose();

        Assert.Null(_weight.grad);
        Assert.Equal([0f, 1, 2, 3, 4, 5], _weight.data<float>().ToArray());
    }

    [Fact]
    public void Refuses_parameters_of_several_types()
    {
        var half = new Parameter(zeros([2], dtype: bfloat16));

        var error = Assert.Throws<AdapterException>(() => new FlatParameters([("bias", _bias), ("half", half)]));

        Assert.Contains("Float32 on cpu, BFloat16 on cpu", error.Message);
    }
}
