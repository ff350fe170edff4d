using Adapters.Methods;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods;

/// <summary>
/// Every registered method's gradients, held against finite differences of its loss in double precision: of each trained tensor
/// in a random direction.
/// </summary>
public sealed class MethodGradientTests : TorchTest
{
    private const double Step = 1e-5;
    private const double Tolerance = 1e-6; // of the difference quotient
    private const double Rounding = 1e-14; // of the loss: what is lost where two losses are subtracted

    private readonly ScalarType _usual = get_default_dtype();

    public MethodGradientTests() => set_default_dtype(float64);

    public static TheoryData<string> Methods => [.. MethodCatalogue.All.Where(method => method.Trains).Select(method => method.Id)];

    public override void Dispose()
    {
        set_default_dtype(_usual);
        base.Dispose();
    }

    [Theory, MemberData(nameof(Methods))]
    public void Are_those_of_the_loss_or_it_says_what_they_hold_constant(string method)
    {
        var on = TinyBase.For(method);
        using var model = on.Load();
        using var adapter = TinyBase.AttachByDefault(method, model, on.ContextFor(method, model, Folder));
        Assert.All(adapter.Trainable, pair => Assert.Equal(float64, pair.Parameter.dtype));
        TinyBase.Perturb(adapter, deviation: 0.03);
        using var generator = new Generator(2);

        var loss = Loss();
        loss.backward();
        // A kink that lies within a step seldom lies within a smaller one.
        var wrong = adapter.Trainable.Where(pair => !Agrees(pair.Parameter, Step) && !Agrees(pair.Parameter, Step / 100))
            .Select(pair => pair.Name).ToList();

        if (MethodCatalogue.Find(method).HoldsConstant is null)
            Assert.Empty(wrong);
        else
            Assert.NotEmpty(wrong);

        Tensor Loss()
        {
            manual_seed(1); // the same noise and routes each time
            return TinyBase.Loss(adapter);
        }

        bool Agrees(Tensor parameter, double step)
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var gradient = parameter.grad ?? zeros_like(parameter);
            var random = empty(parameter.shape).normal_(0, 1, generator);
            // Along the gradient's signs, so that the slope is no small sum of large parts.
            var direction = where(gradient.eq(0), random, random.abs() * gradient.sign());
            direction = direction / direction.norm();
            var (slope, start) = ((gradient * direction).sum().item<double>(), parameter.clone());

            parameter.copy_(start + direction * step);
            var above = Loss().item<double>();
            parameter.copy_(start - direction * step);
            var below = Loss().item<double>();
            parameter.copy_(start);
            var quotient = (above - below) / (2 * step);
            return Math.Abs(quotient - slope) <= Tolerance * Math.Abs(quotient) + Rounding * Math.Abs(above) / step;
        }
    }
}
