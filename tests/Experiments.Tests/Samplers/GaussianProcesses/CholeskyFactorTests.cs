using Experiments.Samplers.GaussianProcesses;
using Xunit;

namespace Experiments.Tests.Samplers.GaussianProcesses;

public sealed class CholeskyFactorTests
{
    public static TheoryData<int> Sizes => [1, 2, 3, 4, 5, 7, 8, 9, 31];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Solves_and_inverts_matrices_of_whole_and_of_broken_vectors(int size)
    {
        var matrix = PositiveDefinite(size);
        var factor = new CholeskyFactor(size);
        Assert.True(factor.TryFactor(matrix));

        var right = Enumerable.Range(1, size).Select(i => (double)i).ToArray();
        var solution = new double[matrix.Stride];
        factor.SolveLower(right, solution);
        factor.SolveUpper(solution);
        var inverse = new PaddedMatrix(size);
        factor.Invert(inverse);

        for (var i = 0; i < size; i++)
        {
            Assert.Equal(right[i], Enumerable.Range(0, size).Sum(j => matrix[i][j] * solution[j]), 1e-9);
            for (var k = 0; k <= i; k++)
            {
                var product = Enumerable.Range(0, size).Sum(j => matrix[i][j] * inverse[Math.Max(j, k)][Math.Min(j, k)]);
                Assert.Equal(i == k ? 1 : 0, product, 1e-10);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Four_vectors_together_are_solved_as_one_by_one(int size)
    {
        var matrix = PositiveDefinite(size);
        var factor = new CholeskyFactor(size);
        factor.TryFactor(matrix);
        var stride = matrix.Stride;
        var right = Enumerable.Range(0, 4 * stride).Select(i => Math.Sin(i)).ToArray();

        var together = new double[4 * stride];
        factor.SolveLowerFour(right, together);

        for (var vector = 0; vector < 4; vector++)
        {
            var alone = new double[stride];
            factor.SolveLower(right.AsSpan(vector * stride, stride), alone);
            for (var i = 0; i < size; i++)
                Assert.Equal(alone[i], together[vector * stride + i], 1e-13);
        }
    }

    [Fact]
    public void Knows_the_determinant()
    {
        var matrix = new PaddedMatrix(2);
        (matrix[0][0], matrix[1][0], matrix[1][1]) = (4, 2, 5); // 4 · 5 - 2²

        var factor = new CholeskyFactor(2);
        Assert.True(factor.TryFactor(matrix));

        Assert.Equal(Math.Log(16), factor.LogDeterminant, 1e-14);
    }

    [Fact]
    public void Refuses_a_matrix_that_is_not_positive_definite()
    {
        var matrix = new PaddedMatrix(2);
        (matrix[0][0], matrix[1][0], matrix[1][1]) = (1, 2, 1);

        Assert.False(new CholeskyFactor(2).TryFactor(matrix));
    }

    /// <summary>Correlations that fall with the distance on a line, plus something on the diagonal.</summary>
    private static PaddedMatrix PositiveDefinite(int size)
    {
        var matrix = new PaddedMatrix(size);
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
                matrix[i][j] = Math.Exp(-Math.Abs(i - j) / 3.0) + (i == j ? 0.1 * (i + 1) : 0);
        }

        return matrix;
    }
}
