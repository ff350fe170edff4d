using Adapters.Methods;
using Adapters.Training;
using Experiments.Trials;
using GpuActors.Tests.Doubles;
using GpuActors.Workers;
using Xunit;

namespace GpuActors.Tests.Workers;

public sealed class FailuresTests
{
    public static TheoryData<Exception, FailureCause> Known => new()
    {
        { new DivergedException(7, "loss", double.NaN), FailureCause.Nan },
        { new AdapterException("Option 'rank' is 0."), FailureCause.Invalid },
        { new TorchFailure("[enforce fail at alloc_cpu.cpp:114] DefaultCPUAllocator: can't allocate memory"), FailureCause.Oom },
        { new TorchFailure("CUDA out of memory. Tried to allocate 20.00 GiB"), FailureCause.Oom },
        { new TorchFailure("CUDA error: an illegal memory access was encountered"), FailureCause.Lost },
        { new InsufficientMemoryException("No memory."), FailureCause.Oom },
        { new IOException("No space left on device"), FailureCause.Io },
        { new UnauthorizedAccessException("Access to the path is denied."), FailureCause.Io },
        { new TorchFailure("mat1 and mat2 shapes cannot be multiplied"), FailureCause.Error },
        { new InvalidOperationException("A bug."), FailureCause.Error },
    };

    [Theory, MemberData(nameof(Known), DisableDiscoveryEnumeration = true)]
    public void An_exception_has_a_cause(Exception failure, FailureCause cause) =>
        Assert.Equal(cause, Failures.Outcome(failure).Cause);

    [Fact]
    public void A_full_disk_is_told_from_other_files_that_cannot_be_written()
    {
        var error = OperatingSystem.IsWindows() ? unchecked((int)0x8007_0070) : 28;

        Assert.True(Failures.Outcome(new IOException("No space left on device", error)).DiskFull);
        Assert.False(Failures.Outcome(new FileNotFoundException("no such file")).DiskFull);
    }

    [Fact]
    public void A_divergence_says_its_step() => Assert.Equal(7, Failures.Outcome(new DivergedException(7, "loss", double.NaN)).Step);

    [Fact]
    public void A_persons_mistake_is_shown_as_it_is_and_a_bug_with_its_kind()
    {
        Assert.Equal("Option 'rank' is 0.", Failures.Outcome(new AdapterException("Option 'rank' is 0.")).Message);
        Assert.Equal("InvalidOperationException: A bug.", Failures.Outcome(new InvalidOperationException("A bug.")).Message);
    }

    [Fact]
    public void A_long_message_is_cut_so_that_it_fits_a_report()
    {
        var outcome = Failures.Outcome(new AdapterException(new string('x', 1_000_000)));

        Assert.InRange(outcome.Message.Length, 1, 16 * 1024);
    }
}
