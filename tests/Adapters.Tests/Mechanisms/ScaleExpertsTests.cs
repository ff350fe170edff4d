using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Tests.Mechanisms;

public sealed class ScaleExpertsTests : TorchTest
{
    public static TheoryData<int, long, long> ScalesOnGrids
    {
        get
        {
            var data = new TheoryData<int, long, long>();
            foreach (var scale in Enumerable.Range(1, 12))
                foreach (var (height, width) in new[] { (5L, 7L), (1, 1), (2, 3) })
                    data.Add(scale, height, width);
            return data;
        }
    }

    [Theory, MemberData(nameof(ScalesOnGrids))]
    public void An_expert_enlarges_convolves_activates_and_shrinks(int scale, long height, long width)
    {
        var (map, weight, bias) = Draw(3, 2, height, width);
        using var experts = new ScaleExperts(weight.clone(), bias.clone(), [scale]);
        var plain = weight[0].clone().requires_grad_();

        var output = experts.Apply(map, zeros(3, 1, dtype: int64)).squeeze(1);
        var expected = Literally(map, plain, bias[0], scale);
        output.square().sum().backward();
        expected.square().sum().backward();

        TensorAssert.Close(expected, output);
        Assert.InRange(TensorAssert.Distance(experts.Weight.grad![0], plain.grad!) / plain.grad!.abs().max().item<float>(), 0, 5e-6);
    }

    [Theory]
    [InlineData("expert-paths-square")]
    [InlineData("expert-paths-eight-scales")]
    public void Experts_compute_what_the_reference_computed(string name)
    {
        var file = SafeTensorsFile.ReadAll(GoldenFiles.Of("core", "conv-lora", $"{name}.safetensors"));
        var count = file.Keys.Count(key => key.StartsWith("out.expert.", StringComparison.Ordinal));
        var z = file["in.z"].requires_grad_();
        using var experts = new ScaleExperts(Together(file, "in", "weight", count), Together(file, "in", "bias", count),
            [.. Enumerable.Range(1, count)]);

        var everyone = arange(count).unsqueeze(0); // the one sample goes to all
        var outputs = experts.Apply(z, everyone)[0];
        var loss = outputs.square().mean([1, 2, 3]).sum();
        loss.backward();

        for (var expert = 0; expert < count; expert++)
            TensorAssert.Close(file[$"out.expert.{expert}"][0], outputs[expert], 2e-5);
        TensorAssert.Close(file["out.loss"], loss.reshape(1), 2e-5);
        TensorAssert.Close(file["grad.z"], z.grad!, 2e-6);
        TensorAssert.Close(Together(file, "grad", "weight", count), experts.Weight.grad!, 4e-6);
        TensorAssert.Close(Together(file, "grad", "bias", count).flatten(), experts.Bias.grad!, 4e-6);
    }

    [Fact]
    public void Each_sample_goes_to_its_own_experts_in_their_order()
    {
        var (map, weight, bias) = Draw(4, 2, 3, 3, experts: 3);
        using var experts = new ScaleExperts(weight.clone(), bias.clone(), [1, 2, 3]);

        var outputs = experts.Apply(map, tensor(new long[,] { { 2, 0 }, { 0, 1 }, { 2, 1 }, { 0, 2 } }));

        Assert.Equal([4, 2, 2, 3, 3], outputs.shape);
        foreach (var (sample, place, expert) in new[] { (0, 0, 2), (0, 1, 0), (1, 1, 1), (2, 0, 2), (3, 1, 2) })
        {
            var expected = Literally(map.narrow(0, sample, 1), weight[expert], bias[expert], expert + 1)[0];
            TensorAssert.Close(expected, outputs[sample][place]);
        }
    }

    [Fact]
    public void An_expert_that_nobody_chose_has_a_zero_gradient_not_none()
    {
        var (map, weight, bias) = Draw(2, 2, 3, 3, experts: 3);
        using var experts = new ScaleExperts(weight, bias, [1, 2, 3]);

        experts.Apply(map, ones(2, 1, dtype: int64)).sum().backward();

        Assert.Equal(0, experts.Weight.grad![0].abs().max().item<float>());
        Assert.Equal(0, experts.Weight.grad![2].abs().max().item<float>());
        Assert.NotEqual(0, experts.Weight.grad![1].abs().max().item<float>());
    }

    [Fact]
    public void On_a_single_pixel_only_the_centre_of_the_first_expert_acts()
    {
        var (map, weight, bias) = Draw(2, 2, 1, 1);
        using var experts = new ScaleExperts(weight.clone(), bias.clone(), [1]);

        var output = experts.Apply(map, zeros(2, 1, dtype: int64)).reshape(2, 2);
        var expected = functional.gelu(map.reshape(2, 2).matmul(weight[0].select(3, 1).select(2, 1).t()) + bias[0]);

        TensorAssert.Close(expected, output, 1e-6);
    }

    [Fact]
    public void Fresh_experts_are_drawn_as_torch_draws_convolutions()
    {
        using var generator = new Generator(1, CPU);

        using var experts = ScaleExperts.Fresh(64, 4, CPU, generator);

        Assert.InRange(experts.Weight.abs().max().item<float>(), 0.16, 1 / 6.0); // 1/√(9·4)
        Assert.Equal(0, experts.Bias.abs().max().item<float>());
    }

    private static Tensor Literally(Tensor map, Tensor weight, Tensor bias, int scale)
    {
        var (height, width) = (map.shape[2], map.shape[3]);
        var large = functional.interpolate(map, [height * scale, width * scale], mode: InterpolationMode.Bicubic, align_corners: false);
        var seen = functional.gelu(functional.conv2d(large, weight, bias, padding: [1, 1]));
        return functional.interpolate(seen, [height, width], mode: InterpolationMode.Bicubic, align_corners: false);
    }

    private static (Tensor Map, Tensor Weight, Tensor Bias) Draw(long samples, long channels, long height, long width, long experts = 1)
    {
        using var generator = new Generator(2, CPU);
        return (
            empty(samples, channels, height, width).normal_(generator: generator),
            empty([experts, channels, channels, 3, 3]).normal_(0, 0.5, generator),
            empty(experts, channels).normal_(0, 0.5, generator));
    }

    private static Tensor Together(Dictionary<string, Tensor> file, string group, string what, int count) =>
        stack(Enumerable.Range(0, count).Select(expert => file[$"{group}.experts.{expert}.{what}"]));
}
