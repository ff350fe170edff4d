using Experiments.Trials;

namespace Experiments.Simulation;

/// <summary>What trials take and come to where nobody trains them. Pure: equal questions give equal answers.</summary>
public interface ITrialModel
{
    /// <summary>Steps of a piece of work from its beginning to its end, at least 1.</summary>
    int Steps(TrialWork work);

    /// <summary>Time of one of its steps.</summary>
    TimeSpan StepTime(TrialWork work);

    /// <summary>The task's metric after a step, as the trial reports it.</summary>
    double Value(TrialId trial, TrialWork.Train work, int step);
}
