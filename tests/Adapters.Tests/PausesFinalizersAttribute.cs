using System.Reflection;
using Adapters.Runtime;
using Adapters.Tests.Runtime;
using Xunit.v3;

namespace Adapters.Tests;

/// <summary>Each test computes as a training does, without finalizers in between (<see cref="FinalizerPause"/> says why).</summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class PausesFinalizersAttribute : BeforeAfterTestAttribute
{
    private FinalizerPause? _pause;

    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        // A pause belongs to a thread, which an asynchronous test may leave; and tests of the pause itself are about its end.
        if (methodUnderTest.ReturnType == typeof(void) && methodUnderTest.DeclaringType != typeof(FinalizerPauseTests))
            _pause = FinalizerPause.Begin();
    }

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        _pause?.Dispose();
        _pause = null;
    }
}
