using Adapters.Tasks.Metrics;
using Xunit;

namespace Adapters.Tests.Tasks.Metrics;

public sealed class ConfusionTests
{
    [Fact]
    public void Macro_f1_is_the_mean_over_classes_that_occur()
    {
        var confusion = new Confusion(classes: 4);
        foreach (var (predicted, truth) in new[] { (0, 0), (0, 0), (0, 1), (1, 1), (2, 1), (0, 0) })
            confusion.Add(predicted, truth);

        // class 0: 3 found, predicted 4, true 3; class 1: 1, 1, 3; class 2: 0, 1, 0; class 3 never occurs.
        Assert.Equal(4.0 / 6, confusion.Accuracy);
        Assert.Equal((6.0 / 7 + 2.0 / 4 + 0) / 3, confusion.MacroF1, 12);
    }

    [Fact]
    public void Perfect_predictions_score_one()
    {
        var confusion = new Confusion(classes: 3);
        for (var label = 0; label < 3; label++)
            confusion.Add(label, label);

        Assert.Equal((1, 1), (confusion.Accuracy, confusion.MacroF1));
    }
}
