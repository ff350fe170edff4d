using Adapters.Tasks.Vision;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Tasks.Vision;

public sealed class MaskLossTests
{
    [Fact]
    public void Cross_entropy_and_dice_by_hand()
    {
        using var scope = NewDisposeScope();
        var logits = zeros(1, 2, 2); // probability 1/2 everywhere
        var mask = tensor(new float[] { 1, 0, 0, 0 }, [1, 2, 2]);

        var loss = MaskLoss.CrossEntropyAndDice(logits, mask).item<float>();

        // entropy ln 2; common 0.5, sums 2 and 1: soft Dice (2·0.5 + 1) / (2 + 1 + 1).
        Assert.Equal(Math.Log(2) + 1 - 2.0 / 4, loss, 5);
    }

    [Fact]
    public void Structure_loss_by_hand()
    {
        using var scope = NewDisposeScope();
        var logits = zeros(1, 2, 2);
        var mask = tensor(new float[] { 1, 0, 0, 0 }, [1, 2, 2]);

        var loss = MaskLoss.Structure(logits, mask).item<float>();

        // The mean over 31 by 31 pixels, the border counted as 0, is 1/961 everywhere.
        var (inside, outside) = (1 + 5 * (1 - 1 / 961.0), 1 + 5 * (1 / 961.0));
        var (common, both) = (0.5 * inside, 0.5 * (inside + 3 * outside) + inside);
        Assert.Equal(Math.Log(2) + 1 - (common + 1) / (both - common + 1), loss, 5);
    }

    [Fact]
    public void A_perfect_mask_costs_nothing_and_images_count_alike()
    {
        using var scope = NewDisposeScope();
        var masks = tensor(new float[] { 1, 0, 0, 0, 1, 1, 1, 0 }, [2, 2, 2]);
        var perfect = (masks * 2 - 1) * 50;

        Assert.Equal(0, MaskLoss.CrossEntropyAndDice(perfect, masks).item<float>(), 5);
        Assert.Equal(0, MaskLoss.Structure(perfect, masks).item<float>(), 5);
    }
}
