namespace Adapters.Tasks.Metrics;

/// <summary>Counts of predicted against true classes.</summary>
internal sealed class Confusion(int classes)
{
    private readonly int[,] _counts = new int[classes, classes];
    private int _total;

    /// <summary>Counts one item.</summary>
    public void Add(int predicted, int truth)
    {
        _counts[truth, predicted]++;
        _total++;
    }

    /// <summary>Share of items whose class was found.</summary>
    public double Accuracy => Enumerable.Range(0, classes).Sum(label => _counts[label, label]) / (double)_total;

    /// <summary>Mean over classes of the harmonic mean of precision and recall; a class that neither occurs nor is
    /// predicted is left out.</summary>
    public double MacroF1 => Enumerable.Range(0, classes).Where(label => Occurs(label)).Average(F1);

    private bool Occurs(int label) => Row(label) + Column(label) > 0;

    private double F1(int label) => 2.0 * _counts[label, label] / (Row(label) + Column(label));

    private int Row(int label) => Enumerable.Range(0, classes).Sum(other => _counts[label, other]);

    private int Column(int label) => Enumerable.Range(0, classes).Sum(other => _counts[other, label]);
}
