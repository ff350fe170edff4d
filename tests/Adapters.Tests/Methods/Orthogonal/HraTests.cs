using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Orthogonal;

public sealed class HraTests : TorchTest
{
    [Fact]
    public void One_reflection_turns_what_lies_along_its_normal_round()
    {
        using var model = OneLayer.Linear(eye(2));
        using var adapter = model.Attach("hra", """{"rank": 1}""");
        OneLayer.Set(adapter, "hra_u", tensor(new float[,] { { 3 }, { 0 } }));

        TensorAssert.Close(tensor(new float[,] { { -1, 5 } }), model.Evaluate(tensor(new float[,] { { 1, 5 } })), 1e-6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(9)]
    public void It_computes_with_the_weight_times_the_reflections_from_left_to_right(int rank)
    {
        using var model = OneLayer.Linear(8, 5);
        using var adapter = model.Attach("hra", $$"""{"rank": {{rank}}}""");

        OneLayer.AssertComputes(adapter, model.Layer.Weight.matmul(Product(OneLayer.Trained(adapter, "hra_u"))), model.Layer.Bias);
    }

    [Fact]
    public void Orthogonalised_it_reflects_the_whole_span_of_the_planes_normals()
    {
        using var model = OneLayer.Linear(8, 5);
        using var adapter = model.Attach("hra", """{"rank": 3, "gram_schmidt": true}""");
        var u = OneLayer.Trained(adapter, "hra_u");

        var projection = u.matmul(linalg.inv(u.t().matmul(u))).matmul(u.t());

        OneLayer.AssertComputes(adapter, model.Layer.Weight.matmul(eye(8) - 2 * projection), model.Layer.Bias);
    }

    [Fact]
    public void A_convolution_is_reflected_as_a_matrix()
    {
        using var model = OneLayer.Convolution(2, 3);
        using var adapter = model.Attach("hra", """{"rank": 4}""");

        var product = Product(OneLayer.Trained(adapter, "hra_u"));

        OneLayer.AssertComputes(adapter, model.Layer.Weight.flatten(1).matmul(product), model.Layer.Bias);
    }

    [Fact]
    public void Pairs_of_reflections_cancel_at_the_start()
    {
        using var model = OneLayer.Linear(8, 5);
        using var adapter = model.Attach("hra", """{"rank": 6}""", perturbed: false);

        OneLayer.AssertComputes(adapter, model.Layer.Weight, model.Layer.Bias, 2e-6);
    }

    [Fact]
    public void Refuses_more_orthogonal_planes_than_inputs_with_the_value()
    {
        using var model = OneLayer.Linear(4, 9);

        Assert.Contains("'rank' of method 'hra' is 5, but lin has 4 inputs", model.Refusal("hra", """{"rank": 5, "gram_schmidt": true}"""),
            StringComparison.Ordinal);
    }

    private static Tensor Product(Tensor normals)
    {
        var product = eye(normals.shape[0]);
        for (var plane = 0; plane < normals.shape[1]; plane++)
        {
            var unit = normals.narrow(1, plane, 1) / linalg.norm(normals.narrow(1, plane, 1));
            product = product.matmul(eye(normals.shape[0]) - 2 * unit.matmul(unit.t()));
        }

        return product;
    }
}
