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

    [Fact]
    public void Fine_lesions_cover_a_quarter_as_much_and_lie_in_the_same_places()
    {
        var covered = 0;
        var (plainArea, fineArea) = (0, 0);
        for (ulong seed = 100; seed < 200; seed++)
        {
            var (plain, fine) = (Mask(seed, LesionLook.Plain), Mask(seed, LesionLook.Fine));
            plainArea += plain.Count(inside => inside == 1);
            fineArea += fine.Count(inside => inside == 1);
            covered += fine.Zip(plain).Count(pixel => pixel is { First: 1, Second: 1 });
        }

        Assert.InRange((double)fineArea / plainArea, 0.22, 0.33); // half the radius; where blobs overlap, a little more
        Assert.Equal(fineArea, covered);
    }

    [Fact]
    public void Shifted_pictures_are_the_plain_ones_in_another_light()
    {
        var (plain, shifted) = (new float[3 * 64 * 64], new float[3 * 64 * 64]);
        LesionImages.Draw(7, 64, plain, new byte[64 * 64]);
        LesionImages.Draw(7, 64, shifted, new byte[64 * 64], LesionLook.Shifted);

        Assert.All(plain.Zip(shifted), pixel => Assert.Equal(0.4f * pixel.First + 0.05f, pixel.Second, 1e-6f));
        Assert.Equal(Mask(7, LesionLook.Plain), Mask(7, LesionLook.Shifted));
    }

    [Fact]
    public void A_mixture_takes_each_look_in_turn() =>
        Assert.Equal(
            [LesionLook.Plain, LesionLook.Fine, LesionLook.Shifted, LesionLook.Plain],
            Enumerable.Range(0, 4).Select(number => LesionLook.Of("mixture", (ulong)number)));

    private static byte[] Mask(ulong seed, LesionLook look)
    {
        var mask = new byte[64 * 64];
        LesionImages.Draw(seed, 64, new float[3 * 64 * 64], mask, look);
        return mask;
    }
}
