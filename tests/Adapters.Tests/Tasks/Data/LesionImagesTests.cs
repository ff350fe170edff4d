using Adapters.Checkpoints;
using Adapters.Tasks.Data;
using Xunit;

namespace Adapters.Tests.Tasks.Data;

public sealed class LesionImagesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void Draws_the_samples_of_the_independent_prototype(ulong seed)
    {
        var golden = SafeTensorsFile.ReadAll(GoldenFiles.Of("data", "lesions-64.safetensors"));
        var expectedImage = golden[$"image.{seed}"].data<float>().ToArray();
        var expectedMask = golden[$"mask.{seed}"].data<byte>().ToArray();

        var (image, mask) = (new float[3 * 64 * 64], new byte[64 * 64]);
        LesionImages.Draw(seed, 64, image, mask);

        Assert.All(image.Zip(expectedImage), pixel => Assert.Equal(pixel.Second, pixel.First, 1e-5f));
        Assert.InRange(mask.Zip(expectedMask).Count(pixel => pixel.First != pixel.Second), 0, 2);
    }

    [Fact]
    public void Covers_a_tenth_of_the_picture_on_average_and_never_nothing()
    {
        var areas = Enumerable.Range(100, 200).Select(seed =>
        {
            var mask = new byte[64 * 64];
            LesionImages.Draw((ulong)seed, 64, new float[3 * 64 * 64], mask);
            return mask.Count(inside => inside == 1) / (64.0 * 64);
        }).ToArray();

        Assert.InRange(areas.Average(), 0.08, 0.12);
        Assert.InRange(areas.Min(), 0.005, 0.08);
    }
}
