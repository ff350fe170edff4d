using System.Collections.Immutable;

namespace Experiments.SweepFiles.Reading;

/// <summary>What other tools call things, so that a file moved over is answered with the word that holds here.</summary>
internal static class ForeignWords
{
    /// <summary>Optuna, Ray Tune, W&amp;B sweeps, Katib, Hugging Face: keys of a sweep.</summary>
    public static ImmutableDictionary<string, string> OfSweep { get; } = Of(
        ("n_trials", "trials"), ("num_trials", "trials"), ("max_trials", "trials"), ("num_samples", "trials"),
        ("run_cap", "trials"), ("maxTrialCount", "trials"),
        ("algorithm", "sampler"), ("search_alg", "sampler"), ("search_algorithm", "sampler"), ("tuner", "sampler"),
        ("method", "methods"), ("pruner", "scheduler"), ("early_terminate", "scheduler"), ("assessor", "scheduler"),
        ("model", "base"), ("base_model", "base"), ("dataset", "task"), ("objective", "metric"),
        ("metric_constraints", "outcome_constraints"), ("constraints_func", "outcome_constraints"),
        ("objective_thresholds", "outcome_constraints"), ("directions", "objectives"), ("metrics", "objectives"),
        ("search_space", "parameters"), ("space", "parameters"), ("param_space", "parameters"), ("config", "parameters"),
        ("study_name", "name"), ("project", "name"), ("experiment", "name"),
        ("random_seed", "seed"), ("random_state", "seed"), ("replicates", "seeds"), ("repeats", "seeds"),
        ("n_jobs", "resources: { slots: … }"), ("max_concurrent", "resources: { slots: … }"),
        ("timeout", "limits: { wall: … }"), ("max_failures", "retries"), ("max_retries", "retries"),
        ("program", "command"), ("entrypoint", "command"), ("run", "command"), ("args", "command"),
        ("env", "environment"), ("working_dir", "directory"), ("workdir", "directory"), ("cwd", "directory"),
        ("direction", "metric: { goal: … }"), ("goal", "metric: { goal: … }"), ("mode", "metric: { goal: … }"));

    /// <summary>Keys of a parameter.</summary>
    public static ImmutableDictionary<string, string> OfDomain { get; } = Of(
        ("min", "low"), ("max", "high"), ("lower", "low"), ("upper", "high"), ("minimum", "low"), ("maximum", "high"),
        ("values", "choices"), ("ordered", "ordinal"), ("categorical", "choices"), ("options", "choices"), ("grid_search", "choices"),
        ("q", "step"), ("num", "points"), ("default", "value"), ("distribution", "type"), ("if", "when"),
        ("condition", "when"), ("log_scale", "log"), ("loguniform", "low: …, high: …, log: true"),
        ("uniform", "low: …, high: …"), ("randint", "type: int, low: …, high: …"));

    /// <summary>Types of a parameter.</summary>
    public static ImmutableDictionary<string, string> OfType { get; } = Of(
        ("loguniform", "type: float and log: true"), ("log_uniform", "type: float and log: true"),
        ("log_uniform_values", "type: float and log: true"), ("uniform", "type: float"),
        ("quniform", "type: float and step"), ("q_uniform", "type: float and step"),
        ("randint", "type: int"), ("int_uniform", "type: int"), ("integer", "type: int"), ("double", "type: float"),
        ("real", "type: float"), ("categorical", "choices: [ … ]"), ("choice", "choices: [ … ]"),
        ("constant", "a plain value"), ("fixed", "a plain value"), ("ordinal", "ordinal: [ … ]"), ("finrange", "type: float and step"));

    /// <summary>PEFT and Hugging Face options, with what they may be called here; the first that an entry knows holds.</summary>
    private static readonly ImmutableArray<(string Word, string Here)> _options =
    [
        ("r", "rank"), ("lora_r", "rank"), ("lora_rank", "rank"), ("lora_alpha", "alpha"), ("lora_dropout", "dropout"),
        ("target_modules", "targets"), ("target_modules", "target"), ("use_rslora", "rslora"), ("num_experts", "experts"),
        ("lr", "learning_rate"), ("epochs", "steps"), ("num_train_epochs", "steps"), ("max_steps", "steps"),
        ("batch", "batch_size"), ("per_device_train_batch_size", "batch_size"), ("gradient_accumulation_steps", "accumulation"),
        ("warmup_ratio", "warmup"), ("warmup_steps", "warmup"), ("lr_scheduler_type", "schedule"), ("lr_scheduler", "schedule"),
        ("max_grad_norm", "clip_norm"), ("optim", "optimizer"), ("adam_beta1", "beta1"), ("adam_beta2", "beta2"),
        ("eval_steps", "evaluate_every"), ("logging_steps", "report_every"), ("save_steps", "checkpoint_every"),
    ];

    /// <summary>What an option of another tool is called here, if one of the known options is meant.</summary>
    public static string? Option(string word, IEnumerable<string> known)
    {
        var names = known.ToHashSet(StringComparer.Ordinal);
        return _options.Where(pair => pair.Word == word && names.Contains(pair.Here)).Select(pair => pair.Here).FirstOrDefault();
    }

    private static ImmutableDictionary<string, string> Of(params ReadOnlySpan<(string Word, string Here)> pairs)
    {
        var words = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (word, here) in pairs)
            words.Add(word, here);
        return words.ToImmutable();
    }
}
