using Adapters.Tasks.Data;
using Xunit;

namespace Adapters.Tests.Tasks.Data;

public sealed class ShapeImagesTests
{
    [Fact]
    public void An_image_depends_on_its_seed_alone()
    {
        Assert.Equal(Draw(5), Draw(5));
        Assert.NotEqual(Draw(5), Draw(6));
    }

    [Fact]
    public void Shapes_cover_some_of_every_picture_and_never_all()
    {
        var areas = Enumerable.Range(0, 100).Select(seed =>
        {
            var mask = new byte[32 * 32];
            ShapeImages.Draw((ulong)seed, 32, new float[3 * 32 * 32], mask);
            return mask.Count(inside => inside == 1) / (32.0 * 32);
        }).ToArray();

        Assert.InRange(areas.Min(), 0.005, 0.9);
        Assert.InRange(areas.Max(), 0.1, 0.9);
    }

    [Fact]
    public void No_mask_of_a_lesion_occurs_among_the_shapes()
    {
        var lesions = Masks((seed, mask) => LesionImages.Draw(seed, 32, new float[3 * 32 * 32], mask));
        var shapes = Masks((seed, mask) => ShapeImages.Draw(seed, 32, new float[3 * 32 * 32], mask));

        Assert.Empty(lesions.Intersect(shapes));
    }

    [Fact]
    public void Textures_of_one_class_differ_and_are_repeatable()
    {
        float[] first = new float[3 * 16 * 16], again = new float[3 * 16 * 16], other = new float[3 * 16 * 16];
        TextureImages.Draw(1, 4, 16, first);
        TextureImages.Draw(1, 4, 16, again);
        TextureImages.Draw(2, 4, 16, other);

        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        Assert.All(first, value => Assert.InRange(value, 0f, 1f));
    }

    private static float[] Draw(ulong seed)
    {
        var image = new float[3 * 32 * 32];
        ShapeImages.Draw(seed, 32, image, new byte[32 * 32]);
        return image;
    }

    private static HashSet<string> Masks(Action<ulong, byte[]> draw) => [.. Enumerable.Range(0, 50).Select(seed =>
    {
        var mask = new byte[32 * 32];
        draw((ulong)seed, mask);
        return Convert.ToHexString(mask);
    })];
}
