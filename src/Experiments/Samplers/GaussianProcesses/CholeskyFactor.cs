namespace Experiments.Samplers.GaussianProcesses;

/// <summary>
/// The lower triangle L with A = LLᵀ of a symmetric positive definite matrix, and what is solved with it. One is refilled
/// many times while hyperparameters are sought, so that no memory is asked for in between.
/// </summary>
internal sealed class CholeskyFactor(int size)
{
    private readonly PaddedMatrix _lower = new(size);
    private readonly PaddedMatrix _inverse = new(size);

    /// <summary>ln det A.</summary>
    public double LogDeterminant
    {
        get
        {
            var sum = 0.0;
            for (var i = 0; i < size; i++)
                sum += Math.Log(_lower[i][i]);
            return 2 * sum;
        }
    }

    /// <summary>Takes a matrix, of which the lower triangle is read; false where it is not positive definite.</summary>
    public bool TryFactor(PaddedMatrix matrix)
    {
        // What is not yet computed of a row has to be zero, for products run over whole vectors.
        _lower.Clear();
        for (var j = 0; j < size; j++)
        {
            ref var pivot = ref _lower.Start(j);
            var square = matrix[j][j] - PaddedMatrix.Dot(ref pivot, ref pivot, j);
            if (!(square > 0) || double.IsInfinity(square))
                return false;

            var root = Math.Sqrt(square);
            var i = j + 1;
            for (; i + 3 < size; i += 4)
            {
                var (a, b, c, d) = PaddedMatrix.DotFour(ref pivot, ref _lower.Start(i), _lower.Stride, j);
                _lower[i][j] = (matrix[i][j] - a) / root;
                _lower[i + 1][j] = (matrix[i + 1][j] - b) / root;
                _lower[i + 2][j] = (matrix[i + 2][j] - c) / root;
                _lower[i + 3][j] = (matrix[i + 3][j] - d) / root;
            }

            for (; i < size; i++)
                _lower[i][j] = (matrix[i][j] - PaddedMatrix.Dot(ref pivot, ref _lower.Start(i), j)) / root;
            _lower[j][j] = root;
        }

        return true;
    }

    /// <summary>L⁻¹ of a vector.</summary>
    /// <param name="right">The vector.</param>
    /// <param name="solution">Padded to whole vectors; what it holds does not matter.</param>
    public void SolveLower(ReadOnlySpan<double> right, Span<double> solution)
    {
        solution.Clear();
        for (var i = 0; i < size; i++)
            solution[i] = (right[i] - PaddedMatrix.Dot(ref _lower.Start(i), ref solution[0], i)) / _lower[i][i];
    }

    /// <summary>L⁻¹ of four vectors in one pass over L.</summary>
    /// <param name="right">The vectors one after the other, each padded.</param>
    /// <param name="solutions">Likewise.</param>
    public void SolveLowerFour(ReadOnlySpan<double> right, Span<double> solutions)
    {
        solutions.Clear();
        var stride = _lower.Stride;
        for (var i = 0; i < size; i++)
        {
            var (a, b, c, d) = PaddedMatrix.DotFour(ref _lower.Start(i), ref solutions[0], stride, i);
            var scale = 1 / _lower[i][i];
            solutions[i] = (right[i] - a) * scale;
            solutions[stride + i] = (right[stride + i] - b) * scale;
            solutions[2 * stride + i] = (right[2 * stride + i] - c) * scale;
            solutions[3 * stride + i] = (right[3 * stride + i] - d) * scale;
        }
    }

    /// <summary>L⁻ᵀ of a padded vector, in its place.</summary>
    public void SolveUpper(Span<double> vector)
    {
        for (var i = size - 1; i >= 0; i--)
        {
            var solved = vector[i] / _lower[i][i];
            PaddedMatrix.Add(ref vector[0], -solved, ref _lower.Start(i), i);
            vector[i] = solved; // the last vector of the row reached it
        }
    }

    /// <summary>A⁻¹; only its lower triangle is filled.</summary>
    public void Invert(PaddedMatrix inverse)
    {
        InvertLower();
        inverse.Clear();
        for (var i = 0; i < size; i += 4)
        {
            for (var row = 0; row < Math.Min(i + 4, size); row++)
                _inverse.AddFour(ref inverse.Start(row), i, (At(i, row), At(i + 1, row), At(i + 2, row), At(i + 3, row)), row + 1);
        }

        double At(int i, int column) => i < size ? _inverse[i][column] : 0;
    }

    private void InvertLower()
    {
        _inverse.Clear();
        for (var i = 0; i < size; i++)
        {
            for (var k = 0; k < i; k += 4)
                _inverse.AddFour(ref _inverse.Start(i), k, (At(i, k), At(i, k + 1), At(i, k + 2), At(i, k + 3)), Math.Min(k + 4, i));

            var scale = 1 / _lower[i][i];
            foreach (ref var element in _inverse[i][..i])
                element *= -scale;
            _inverse[i][i] = scale;
        }

        double At(int i, int k) => k < i ? _lower[i][k] : 0;
    }
}
