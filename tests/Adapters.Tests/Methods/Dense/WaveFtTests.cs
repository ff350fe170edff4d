using Adapters.Mechanisms;
using Adapters.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods.Dense;

public sealed class WaveFtTests : TorchTest
{
    [Fact]
    public void A_coefficient_of_haars_wavelet_shapes_two_rows_and_columns()
    {
        using var model = TinyBase.TiedLlama.Load(); // v maps 32 to 16 features
        using var adapter = TinyBase.Attach("waveft", model, """{"n_frequency": 9, "scaling": 4}""");
        var site = (DenseDelta)adapter.Sites["model.layers.0.self_attn.v_proj"];
        TinyBase.Perturb(adapter);
        var dense = Coefficients(site, 16, 32, 9).data<float>().ToArray();

        var delta = site.Delta();

        for (var i = 0; i < 8; i++)
            for (var j = 0; j < 16; j++)
            {
                var (a, h, v, d) = (At(i, j), At(i, j + 16), At(i + 8, j), At(i + 8, j + 16));
                float[] block = [2 * (a + h + v + d), 2 * (a + h - v - d), 2 * (a - h + v - d), 2 * (a - h - v + d)];
                TensorAssert.Close(tensor(block, [2, 2]), delta.narrow(0, 2 * i, 2).narrow(1, 2 * j, 2), 1e-6);
            }

        float At(int row, int column) => dense[row * 32 + column];
    }

    [Fact]
    public void Without_a_transform_the_coefficients_are_entries()
    {
        using var model = TinyBase.TiedLlama.Load();
        using var adapter = TinyBase.Attach("waveft", model, """{"n_frequency": 9, "scaling": 4, "use_idwt": false}""");
        var site = (DenseDelta)adapter.Sites["model.layers.0.self_attn.v_proj"];
        TinyBase.Perturb(adapter);

        TensorAssert.Close(4 * Coefficients(site, 16, 32, 9), site.Delta(), 1e-7);
    }

    [Theory] // from Daubechies' tables
    [InlineData("db2", new[] { 0.4829629131, 0.8365163037, 0.2241438680, -0.1294095226 })]
    [InlineData("db3", new[] { 0.3326705530, 0.8068915093, 0.4598775021, -0.1350110200, -0.0854412739, 0.0352262919 })]
    [InlineData("sym4", new[]
    {
        0.0322231006, -0.0126039673, -0.0992195436, 0.2978577956, 0.8037387518, 0.4976186676, -0.0296355276, -0.0757657148,
    })]
    [InlineData("sym5", new[]
    {
        0.0195388827, -0.0211018340, -0.1753280899, 0.0166021058, 0.6339789635, 0.7234076904, 0.1993975340, -0.0391342493, 0.0295194909,
        0.0273330683,
    })]
    public void Filters_are_daubechies(string name, double[] taps)
    {
        var one = zeros(2 * taps.Length, 2 * taps.Length);
        one[taps.Length / 2, taps.Length / 2] = 1; // low-pass both ways, where all that it makes is kept
        var low = tensor(taps.Select(tap => (float)tap).ToArray());

        var made = Wavelet.Called(name).Inverse(one).narrow(0, 2, taps.Length).narrow(1, 2, taps.Length);

        TensorAssert.Close(low.outer(low), made, 1e-6);
    }

    [Theory]
    [InlineData("db1")]
    [InlineData("db4")]
    [InlineData("db10")]
    [InlineData("sym7")]
    [InlineData("sym10")]
    public void What_different_coefficients_make_is_orthogonal_and_of_length_one(string name)
    {
        var wavelet = Wavelet.Called(name);
        var middle = wavelet.Reduction / 2 + 1;
        var half = 2 * middle + 1; // so that all that the two coefficients in the middle make is kept
        var places = new[] { (0, 0), (0, 1), (1, 0), (1, 1) }.SelectMany(quadrant => new[] { middle, middle + 1 }.Select(row =>
            (Row: quadrant.Item1 * half + row, Column: quadrant.Item2 * half + middle)));
        var made = stack(places.Select(place =>
        {
            var one = zeros(2 * half, 2 * half, dtype: float64);
            one[place.Row, place.Column] = 1;
            return wavelet.Inverse(one).flatten();
        }));

        TensorAssert.Close(eye(8, dtype: float64), made.matmul(made.t()), 1e-8);
    }

    [Theory]
    [InlineData("db2")]
    [InlineData("sym10")]
    public void A_longer_wavelet_makes_an_update_of_the_weights_size(string name)
    {
        using var model = TinyBase.TiedLlama.Load();
        using var adapter = TinyBase.Attach("waveft", model, $$"""{"wavelet_family": "{{name}}"}""");
        TinyBase.Perturb(adapter);

        Assert.All(adapter.Sites.Values, site => Assert.Equal(site.Site.Weight.shape, ((DenseDelta)site).Delta().shape));
    }

    [Fact]
    public void Layers_share_the_coefficients_by_their_size_if_told()
    {
        using var model = TinyBase.TiedLlama.Load();

        using var adapter = TinyBase.Attach("waveft", model, """{"n_frequency": 90, "proportional_parameters": true}""");

        Assert.Equal(120, Parts.Of(adapter.Sites["model.layers.0.self_attn.q_proj"])["waveft_spectrum"].numel()); // 1024 of 1536 a block
        Assert.Equal(60, Parts.Of(adapter.Sites["model.layers.0.self_attn.v_proj"])["waveft_spectrum"].numel());
    }

    [Fact]
    public void A_wavelet_that_there_is_not_is_refused()
    {
        using var model = TinyBase.Llama.Load();

        var refused = Assert.Throws<AdapterException>(() => TinyBase.Attach("waveft", model, """{"wavelet_family": "coif1"}"""));

        Assert.StartsWith("Option 'wavelet_family' of method 'waveft' is \"coif1\", but must be one of db1,", refused.Message,
            StringComparison.Ordinal);
    }

    private static Tensor Coefficients(SiteAdapter site, long rows, long columns, int count) =>
        zeros(rows * columns).scatter(0, randperm(rows * columns, generator: new Generator(777)).narrow(0, 0, count),
            Parts.Of(site)["waveft_spectrum"].detach()).reshape(rows, columns);
}
