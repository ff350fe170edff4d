using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Options;
using Adapters.Training.Optimizers;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods;

/// <summary>What every registered method keeps to, on every base that it works on.</summary>
public sealed class MethodContractTests(SharedBases bases) : TorchTest, IClassFixture<SharedBases>
{
    /// <summary>They hold the adapters that they are composed of in a form of their own.</summary>
    private static readonly string[] s_keptBeside = ["mole", "gated-long-lora", "mole-conv-lora", "nla-conv-lora"];

    public static TheoryData<string> Methods => [.. MethodCatalogue.All.Select(method => method.Id)];

    public static TheoryData<string, string> MethodsOnBases
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var method in MethodCatalogue.All)
                foreach (var name in TinyBase.All.Keys)
                    if (method.Families.Contains(name.Split('/')[0]) || (method.Families.Count == 0 && IsTriedOn(method.Id, name)))
                        pairs.Add(method.Id, name);
            return pairs;
        }
    }

    [Theory, MemberData(nameof(Methods))]
    public void Says_what_it_is_where_it_comes_from_and_what_each_option_does(string method)
    {
        var registered = MethodCatalogue.Find(method);

        Assert.NotEmpty(registered.Summary);
        Assert.NotEmpty(registered.Source);
        Assert.All(registered.Options.Options, option => Assert.NotEmpty(option.Summary));
    }

    [Theory, MemberData(nameof(MethodsOnBases))]
    public void Starts_at_the_output_of_the_base_or_says_where(string method, string on)
    {
        using var adapter = Attach(method, on);

        Assert.Equal(MethodCatalogue.Find(method).StartsAt is null, Same(bases.OutputOf(on), TinyBase.Evaluate(adapter.Model)));
    }

    [Theory, MemberData(nameof(MethodsOnBases))]
    public void Trains_as_many_parameters_as_its_formula_counts(string method, string on)
    {
        using var adapter = Attach(method, on, head: false);
        var model = adapter.Model;
        var registered = MethodCatalogue.Find(method);
        Assert.True(adapter.Sites.Count == 0 || registered.ParametersPerLayer != "" || registered.ComposesExperts);
        Assert.True(adapter.Parts.Count == 0 || registered.ParametersPerBlock + registered.ParametersShared != "");
        var formulas = new MethodFormulas(adapter);
        if (!s_keptBeside.Contains(method))
            Assert.Equal(
                adapter.Sites.Values.Sum(site => formulas.OfLayers(registered.Costs.KeptPerLayer, site.Site))
                    + formulas.OfLayers(registered.Costs.KeptShared, [.. adapter.Sites.Values.Select(site => site.Site)]),
                adapter.Kept.Where(kept => kept.Keeping != Keeping.InCheckpoints).Sum(kept => kept.Tensor.numel()));
        if (registered.ParametersPerLayer + registered.ParametersPerBlock + registered.ParametersShared == "")
            return;

        foreach (var site in adapter.Sites.Values)
            Assert.Equal(formulas.OfLayers(registered.ParametersPerLayer, site.Site), site.parameters().Sum(own => own.numel()));
        foreach (var part in adapter.Parts)
            Assert.Equal(formulas.OfModel(registered.ParametersPerBlock), part.parameters().Sum(own => own.numel()));
        var others = Owned(adapter).Concat(model.parameters()).ToHashSet();
        var shared = adapter.Trainable.Where(pair => !others.Contains(pair.Parameter)).Sum(pair => pair.Parameter.numel());
        Assert.Equal(
            adapter.Sites.Count == 0 ? formulas.OfModel(registered.ParametersShared) : adapter.Sites.GroupBy(site => registered.SharesByKind
                    ? (site.Key.Split('.')[^1], site.Value.Site.Inputs, site.Value.Site.Outputs)
                    : default)
                .Sum(kind => formulas.OfLayers(registered.ParametersShared, [.. kind.Select(site => site.Value.Site)])),
            shared);
    }

    /// <summary>A composition's layers are its experts', a merge is promised where there is a formula for it.</summary>
    [Theory, MemberData(nameof(Methods))]
    public void Says_what_a_merge_costs_where_it_can_be_merged(string method)
    {
        var registered = MethodCatalogue.Find(method);

        Assert.Equal(registered.CannotMerge is null && (registered.ComposesExperts || registered.ParametersPerLayer != ""),
            registered.Costs.ToMerge != "");
    }

    [Theory, MemberData(nameof(MethodsOnBases))]
    public void Gives_a_gradient_to_what_it_trains_and_to_nothing_else(string method, string on)
    {
        using var adapter = Attach(method, on);
        var trained = adapter.Trainable.Select(pair => pair.Parameter.Handle).ToHashSet();

        if (adapter.Trainable.Count > 0)
            TinyBase.Loss(adapter).backward();

        Assert.All(adapter.Model.parameters(), parameter =>
            Assert.True(trained.Contains(parameter.Handle) ? parameter.requires_grad : parameter.grad is null && !parameter.requires_grad));
        Assert.All(Owned(adapter), own => Assert.NotNull(own.grad));
        Assert.Equal(MethodCatalogue.Find(method).Trains, trained.Count > 0);
    }

    [Theory, MemberData(nameof(MethodsOnBases))]
    public void Training_moves_nothing_else_though_weights_decay(string method, string on)
    {
        using var model = TinyBase.All[on].Load(); // its own: an optimizer moves what it trains to other memory
        using var adapter = TinyBase.AttachByDefault(method, model, bases.ContextFor(method, on));
        if (adapter.Trainable.Count == 0)
            return;
        var trained = adapter.Trainable.Select(pair => pair.Parameter).ToHashSet();
        var frozen = model.parameters().Where(parameter => !trained.Contains(parameter)).Select(p => (p, before: p.clone())).ToList();
        var owned = Owned(adapter).Select(p => (p, before: p.clone().detach())).ToList();

        using var flat = new FlatParameters(adapter.Trainable);
        using var optimizer = new AdamW(flat, new AdamW.Options { WeightDecay = 0.1 });
        manual_seed(1);
        for (var step = 1; step <= 3; step++)
        {
            flat.ZeroGradients();
            TinyBase.Loss(adapter).backward();
            optimizer.Step(step, rate: 0.01);
        }

        Assert.All(frozen, pair => Assert.True(Same(pair.p, pair.before)));
        Assert.All(owned, pair => Assert.True(!Same(pair.p, pair.before) || pair.p.grad!.count_nonzero().item<long>() == 0));
    }

    [Theory, MemberData(nameof(MethodsOnBases))]
    public void Merged_computes_what_it_did_unmerged_or_refuses(string method, string on)
    {
        using var adapter = Attach(method, on);
        var model = adapter.Model;
        TinyBase.Perturb(adapter, deviation: 0.03); // a training's step, not a leap that attention would magnify the rounding of
        var beside = TinyBase.Evaluate(model);
        if (!adapter.Sites.Values.Any(site => site.Site.Tied))
            Assert.Equal(MethodCatalogue.Find(method).CannotMerge is null, adapter.MergeObstacle is null);
        if (adapter.MergeObstacle is { } obstacle)
        {
            Assert.Equal(obstacle, Assert.Throws<AdapterException>(adapter.Merge).Message);
            return;
        }

        adapter.Merge();
        var merged = TinyBase.Evaluate(model);
        adapter.Merge();
        var mergedTwice = TinyBase.Evaluate(model);
        adapter.Unmerge();
        var unmerged = TinyBase.Evaluate(model);

        TensorAssert.Close(beside, merged);
        Assert.True(Same(merged, mergedTwice));
        Assert.True(Same(beside, unmerged));
    }

    [Theory, MemberData(nameof(MethodsOnBases))]
    public void Saved_and_loaded_again_computes_the_same_bits(string method, string on)
    {
        using var adapter = Attach(method, on);
        TinyBase.Perturb(adapter);
        var before = TinyBase.Evaluate(adapter.Model);

        AdapterFolder.Save(adapter, Folder.File("saved"));
        adapter.Dispose();
        using var loaded = AdapterFolder.Load(Folder.File("saved"), bases.Of(on));

        Assert.True(Same(before, TinyBase.Evaluate(loaded.Model)));
        Assert.Equal(adapter.Config.ToJsonString(), loaded.Config.ToJsonString());
        Assert.Equal(adapter.Trainable.Select(pair => pair.Name), loaded.Trainable.Select(pair => pair.Name));
    }

    [Theory, MemberData(nameof(MethodsOnBases))]
    public void Equal_seeds_give_equal_bits(string method, string on)
    {
        var (first, second) = (Run(), Run());

        Assert.Equal(first.Count, second.Count);
        Assert.All(first.Zip(second), pair => Assert.True(Same(pair.First, pair.Second)));

        List<Tensor> Run()
        {
            using var adapter = Attach(method, on);
            if (adapter.Trainable.Count == 0)
                return [TinyBase.Evaluate(adapter.Model)];
            manual_seed(3);
            var loss = TinyBase.Loss(adapter);
            loss.backward();
            return [loss.detach(), .. adapter.Trainable.SelectMany(pair => Traces(pair.Parameter))];
        }

        static Tensor[] Traces(Tensor parameter) => [parameter.detach().clone(), parameter.grad?.clone() ?? zeros(1)];
    }

    [Theory, MemberData(nameof(MethodsOnBases))]
    public void Taken_off_it_leaves_the_base_as_it_was(string method, string on)
    {
        var model = bases.Of(on);
        var config = model.Config.ToJsonString();

        using (var adapter = Attach(method, on, head: false))
            if (adapter.Trainable.Count > 0)
                TinyBase.Loss(adapter).backward();

        Assert.True(Same(bases.OutputOf(on), TinyBase.Evaluate(model)));
        Assert.Equal(config, model.Config.ToJsonString());
        Assert.All(model.parameters(), parameter => Assert.True(!parameter.requires_grad && parameter.grad is null));
    }

    [Theory, MemberData(nameof(MethodsOnBases))]
    public void Frees_its_tensors(string method, string on)
    {
        Use(); // whatever is made once and kept

        var before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Use();

        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Use()
        {
            using var scope = NewDisposeScope();
            using var adapter = Attach(method, on);
            if (adapter.Trainable.Count > 0)
                TinyBase.Loss(adapter).backward();
            TinyBase.Evaluate(adapter.Model);
        }
    }

    [Theory, MemberData(nameof(MethodsOnBases))]
    public void Keeps_no_tensor_from_one_step_to_the_next(string method, string on)
    {
        using var adapter = Attach(method, on);
        var live = new List<long>();

        for (var step = 0; step < 3; step++)
        {
            using (NewDisposeScope())
            {
                manual_seed(1); // the same routes each time, since what an expert needs is made when it is first used
                if (adapter.Trainable.Count > 0)
                    TinyBase.Loss(adapter).backward();
                TinyBase.Evaluate(adapter.Model);
            }

            live.Add(TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }

        Assert.Equal(live[0], live[^1]);
    }

    [Theory, MemberData(nameof(Methods))]
    public void Refuses_options_beyond_their_limits_with_the_value(string method)
    {
        var on = TinyBase.For(method).Name;
        var registered = MethodCatalogue.Find(method);
        var context = bases.ContextFor(method, on);
        foreach (var option in registered.Options.Options)
        {
            foreach (var value in new[] { option.Minimum - 1, option.Maximum + 1 }.OfType<double>())
                Refuses(option, option.Kind is OptionKind.IntegerList or OptionKind.RealList ? new JsonArray(value) : value, $"{value}");
            if (option.Choices.Count > 0)
                Refuses(option, "no-such-choice", "\"no-such-choice\"");
        }

        void Refuses(Option option, JsonNode wrong, string quoted)
        {
            var refused = Assert.Throws<AdapterException>(() => registered.Method.Attach(
                bases.Of(on), new JsonObject { [option.Name] = wrong }, context));
            Assert.StartsWith($"Option '{option.Name}' of method '{method}' is ", refused.Message, StringComparison.Ordinal);
            Assert.Contains(quoted, refused.Message, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(MethodsOnBases))]
    public void What_may_change_while_it_trains_changes_no_shape_and_no_value_that_it_begins_with(string method, string on)
    {
        using var adapter = Attach(method, on);
        var values = All(adapter).Select(value => value.detach().clone()).ToList();
        adapter.Dispose();
        var options = new JsonObject();
        if (method == "mole" && on == TinyBase.Sam.Name)
            options["granularity"] = "layer";
        foreach (var option in MethodCatalogue.Find(method).Options.Options.Where(option => option.IsMutable))
            options[option.Name] = Math.Min(option.Maximum!.Value, option.Default!.GetValue<double>() + 0.25);

        using var other = TinyBase.Attach(method, bases.Of(on), options.ToJsonString(), bases.ContextFor(method, on));

        Assert.Equal(adapter.Trainable.Select(pair => pair.Name), other.Trainable.Select(pair => pair.Name));
        Assert.All(values.Zip(All(other)), pair => Assert.True(Same(pair.First, pair.Second)));

        static IEnumerable<Tensor> All(Adapter adapter) => adapter.Trainable.Select(pair => (Tensor)pair.Parameter)
            .Concat(adapter.Model.parameters()).Concat(Modules(adapter).SelectMany(own => own.parameters().Concat(own.buffers())));
    }

    [Theory, MemberData(nameof(Methods))]
    public void Refuses_an_option_that_it_does_not_have(string method)
    {
        var refused = Assert.Throws<AdapterException>(
            () => TinyBase.Attach(method, bases.Of(TinyBase.Llama.Name), """{"no_such_option": 1}"""));

        Assert.StartsWith($"Unknown option 'no_such_option' of method '{method}'.", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Whether a method that works on all bases is tried on one: the Qwen ties, and shares keys among heads, as the tied
    /// Llama does, and a base of two has the layers that both have, so few will do.</summary>
    private static bool IsTriedOn(string method, string name) => name != TinyBase.SamLlama.Name
        && ((!TinyBase.All[name].IsJoined && name != TinyBase.TiedLlama.Name) || method is "full" or "lora" or "mixlora");

    private static IEnumerable<AdapterModule> Modules(Adapter adapter) => [.. adapter.Sites.Values, .. adapter.Parts];

    private static IEnumerable<TorchSharp.Modules.Parameter> Owned(Adapter adapter) => Modules(adapter).SelectMany(own => own.parameters());

    private static bool Same(Tensor left, Tensor right) => left.equal(right).all().item<bool>();

    private Adapter Attach(string method, string on, bool head = true) =>
        TinyBase.AttachByDefault(method, bases.Of(on), bases.ContextFor(method, on, head));
}
