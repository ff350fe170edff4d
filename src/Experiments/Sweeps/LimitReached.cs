using System.Globalization;

namespace Experiments.Sweeps;

/// <summary>A limit of a sweep that is reached.</summary>
/// <param name="Reason">Which, in a sentence.</param>
/// <param name="Raise">What raises it, as <c>--set</c> takes it; null where the next run begins anew.</param>
public sealed record LimitReached(string Reason, string? Raise)
{
    /// <summary>Looks for a limit that is reached.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="run">Wall time of this run.</param>
    /// <param name="devices">Time of all attempts on all devices, of all runs.</param>
    /// <returns>The first of wall time, device time and cost that is reached; null for none.</returns>
    public static LimitReached? Of(Limits limits, TimeSpan run, TimeSpan devices)
    {
        if (run > limits.Wall)
            return new LimitReached($"The time limit of {DurationText.Of(limits.Wall)} for a run is reached.", null);

        if (limits.DeviceTime is { } time && devices >= time)
        {
            return new LimitReached(
                $"The limit of {DurationText.Of(time)} of device time is reached: {DurationText.Of(devices)} are used up.",
                $"limits.device_time={DurationText.Of(2 * time)}");
        }

        return limits is { Cost: { } cost, PricePerDeviceHour: { } price } && devices.TotalHours * price >= cost
            ? new LimitReached(
                string.Create(CultureInfo.InvariantCulture,
                    $"The limit of {cost} for the cost is reached: {DurationText.Of(devices)} of device time at {price} an hour."),
                string.Create(CultureInfo.InvariantCulture, $"limits.cost={2 * cost}"))
            : null;
    }
}
