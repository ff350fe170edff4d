namespace Experiments.Trials;

/// <content>Configurations of samplers that take long: asked for at one point of the history, there at a later one.</content>
public sealed partial class SweepLedger
{
    /// <summary>Entries whose question was handed out and whose answer is not back.</summary>
    private readonly HashSet<(int Block, string Entry)> _asked = [];

    /// <summary>Asks for as many configurations as devices are free, of an entry one at a time: the next question of it knows
    /// of this one's configuration, as of one that has no value yet.</summary>
    private void Ask()
    {
        while (_asked.Count < _idle.Count && _planner.NextQuestion() is { } begun)
        {
            Record(begun);
            AskWhatIsAwaited();
        }
    }

    /// <summary>Hands out the questions that nobody is answering: new ones, and after a restart those from before.</summary>
    private void AskWhatIsAwaited()
    {
        foreach (var question in _planner.Questions)
        {
            if (_asked.Add((question.Block, question.Entry)))
                _effects.Add(new LedgerEffect.Suggest(question));
        }
    }

    /// <summary>Makes trials of an answer, also while the sweep is paused. One that comes after the end is not kept: where the
    /// sweep goes on after all, the question is asked again.</summary>
    private void Take(LedgerInput.Suggested answer)
    {
        _asked.Remove((answer.Block, answer.Entry));
        if (_state.End is not null || _planner.Answered(new TrialId(_state.Trials.Count), answer) is not { } created)
            return;

        Record(created);
        Plan(draw: false);
    }
}
