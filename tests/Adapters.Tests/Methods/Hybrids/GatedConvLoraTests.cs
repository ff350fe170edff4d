using Adapters.Mechanisms;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Hybrids;

public sealed class GatedConvLoraTests : TorchTest
{
    [Theory]
    [InlineData("""{"experts": 1}""", """{"experts": 1}""")]
    [InlineData("""{"experts": 4, "temperature": 0.0001}""", """{"experts": 4}""")] // so cold that the best alone counts
    [InlineData("""{"experts": 4, "temperature": 0.0001, "train_temperature": true}""", """{"experts": 4}""")]
    public void With_one_convolution_or_no_temperature_it_is_conv_lora(string gated, string routed)
    {
        TensorAssert.Close(Evaluated("conv-lora", routed), Evaluated("gated-conv-lora", gated));
    }

    [Fact]
    public void Untrained_gates_weigh_all_convolutions_alike_and_the_tasks_loss_trains_them()
    {
        using var model = TinyBase.Vit.Load();
        using var adapter = TinyBase.Attach("gated-conv-lora", model, """{"experts": 4, "balance_weight": 0}""");
        using (no_grad())
            foreach (var (_, factor) in adapter.Trainable.Where(pair => pair.Name.EndsWith("lora_B.weight", StringComparison.Ordinal)))
                factor.add_(0.1);

        TinyBase.Loss(adapter).backward();

        // What patches ask of the last layer reaches nothing: the class token alone is read, and it is convolved by none.
        var gates = adapter.Trainable.Where(pair => pair.Name.EndsWith("lora_gate.weight", StringComparison.Ordinal)
            && !pair.Name.Contains("layer.1.attention.attention.query", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(gates);
        Assert.All(gates, gate => Assert.True(gate.Parameter.grad!.abs().max().item<float>() > 0));
        // M·ln M at its least, for each of the layers, times the weight.
        using var balanced = TinyBase.Vit.Load();
        using var other = TinyBase.Attach("gated-conv-lora", balanced, """{"experts": 4, "balance_weight": 0.5}""");
        balanced.train();
        TinyBase.Run(balanced);
        Assert.Equal(0.5 * other.Sites.Count * 4 * Math.Log(4), other.AuxiliaryLoss!().item<float>(), 1e-4);
    }

    [Fact]
    public void A_trained_temperature_starts_where_it_is_told_and_its_gradient_is_that_of_the_softmax()
    {
        var f = tensor(new double[] { 1, 2 }).reshape(1, 2);
        var gate = new SoftmaxGate(tensor(new double[] { 0.5, 0, 0.25, 0.125 }).reshape(2, 2), 0.5, trainsTemperature: true);
        var constant = new SoftmaxGate(gate.Weight, 0.5);

        var gates = gate.Choose(f, training: true).Gates; // of the logits (1, 0.25) / τ
        gates[0, 0].backward();

        Assert.True(gates.equal(constant.Choose(f, training: true).Gates).all().item<bool>());
        var share = 1 / (1 + Math.Exp(-0.75 / 0.5));
        Assert.Equal(-share * (1 - share) * 0.75 / 0.25, gate.Temperature!.grad!.item<double>(), 1e-12);
        Assert.Equal(["weight"], constant.Parameters.Select(pair => pair.Key));
        Assert.Equal(["weight", "temperature"], gate.Parameters.Select(pair => pair.Key));
    }

    private static Tensor Evaluated(string method, string options)
    {
        using var model = TinyBase.Vit.Load();
        using var adapter = TinyBase.Attach(method, model, options);
        using var frozen = no_grad();
        foreach (var (name, parameter) in adapter.Trainable.Where(pair => !pair.Name.EndsWith("temperature", StringComparison.Ordinal)))
        {
            using var generator = new Generator((ulong)name.Sum(letter => letter));
            parameter.add_(empty(parameter.shape).normal_(0, 0.3, generator));
        }

        return TinyBase.Evaluate(model);
    }
}
