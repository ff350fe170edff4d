using Adapters.Mechanisms;
using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Causal;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods;

public sealed class MoleTests : TorchTest
{
    [Fact]
    public void One_expert_is_that_lora_and_merges_like_it()
    {
        var experts = TinyBase.Experts(TinyBase.Llama, Folder, count: 1);
        var lora = Loaded(experts[0]);

        using var model = TinyBase.Llama.Load();
        using var mixture = Mixture(model, experts);
        TinyBase.Perturb(mixture); // the gate is 1 whatever it has learnt
        var mixed = TinyBase.Evaluate(model);
        mixture.Merge();

        TensorAssert.Close(lora, mixed);
        TensorAssert.Close(lora, TinyBase.Evaluate(model));
    }

    [Fact]
    public void One_expert_leaves_nothing_to_balance_and_nothing_to_learn()
    {
        using var model = TinyBase.Llama.Load();
        using var mixture = Mixture(model, TinyBase.Experts(TinyBase.Llama, Folder, count: 1));
        TinyBase.Perturb(mixture);
        model.train();

        var loss = TinyBase.Run(model).square().mean();
        var balance = mixture.AuxiliaryLoss!();
        (loss + balance).backward();

        Assert.Equal(0, balance.item<float>());
        Assert.All(mixture.Trainable, pair => Assert.Equal(0, pair.Parameter.grad!.abs().max().item<float>()));
    }

    [Fact]
    public void Equal_experts_are_that_lora_however_they_are_gated()
    {
        var expert = TinyBase.Experts(TinyBase.Llama, Folder, count: 1)[0];

        using var model = TinyBase.Llama.Load();
        using var mixture = Mixture(model, [expert, expert, expert]);
        TinyBase.Perturb(mixture);

        TensorAssert.Close(Loaded(expert), TinyBase.Evaluate(model));
    }

    [Fact]
    public void One_active_expert_is_that_lora()
    {
        var experts = TinyBase.Experts(TinyBase.Llama, Folder, count: 3);

        using var model = TinyBase.Llama.Load();
        using var mixture = Mixture(model, experts, """{"masked": [0, 2]}""");
        TinyBase.Perturb(mixture);

        TensorAssert.Close(Loaded(experts[1]), TinyBase.Evaluate(model));
        Assert.Null(mixture.MergeObstacle);
    }

    [Fact]
    public void Untrained_it_is_the_mean_of_the_updates_of_experts_of_any_rank_and_scale()
    {
        var wide = Saved("wide", "lora", TinyBase.Llama, """{"rank": 6, "alpha": 3}""");
        var narrow = Saved("narrow", "lora", TinyBase.Llama, """{"rank": 2, "rslora": true, "target_modules": ["k_proj"]}""");
        string[] experts = [wide, narrow];
        using var summed = TinyBase.Llama.Load();
        foreach (var expert in experts)
        {
            using var model = TinyBase.Llama.Load();
            using var adapter = AdapterFolder.Load(expert, model);
            using var frozen = no_grad();
            foreach (var (site, delta) in adapter.Sites)
                summed.Sites[site].Weight.add_(((ParallelAdapter)delta).Delta() / 2);
        }

        using var mixed = TinyBase.Llama.Load();
        using var mixture = Mixture(mixed, experts);

        TensorAssert.Close(TinyBase.Evaluate(summed), TinyBase.Evaluate(mixed));
    }

    [Theory]
    [InlineData("{}", false)]
    [InlineData("""{"pooling": "mean"}""", true)]
    public void In_a_causal_model_gates_do_not_look_ahead_unless_told(string options, bool looks)
    {
        using var model = (CausalModel)TinyBase.Llama.Load();
        using var mixture = Mixture(model, TinyBase.Experts(TinyBase.Llama, Folder), options);
        TinyBase.Perturb(mixture);
        model.eval();
        var tokens = arange(1, 13).unsqueeze(0);
        var changed = tokens.clone();
        changed[0, 11] = 99;

        var moved = (model.Logits(tokens) - model.Logits(changed)).abs().amax([0, 2]).narrow(0, 0, 11).max().item<float>();

        Assert.Equal(looks, moved > 1e-6);
    }

    [Fact]
    public void Generates_what_its_logits_say_token_by_token()
    {
        using var model = (CausalModel)TinyBase.Llama.Load();
        using var mixture = Mixture(model, TinyBase.Experts(TinyBase.Llama, Folder));
        TinyBase.Perturb(mixture);
        model.eval();
        var tokens = arange(1, 7).unsqueeze(0);

        var generated = model.Generate(tokens, 6);
        for (var step = 0; step < 6; step++)
            tokens = cat([tokens, model.Logits(tokens).select(1, -1).argmax(1, keepdim: true)], 1);

        Assert.Equal(tokens.data<long>().ToArray(), generated.data<long>().ToArray());
    }

    [Fact]
    public void Experts_are_frozen_and_drop_nothing_in_training()
    {
        using var model = TinyBase.Llama.Load();
        using var mixture = Mixture(model, TinyBase.Experts(TinyBase.Llama, Folder, """{"dropout": 0.5}"""));

        model.train();
        var (first, second) = (TinyBase.Run(model).detach(), TinyBase.Run(model).detach());

        Assert.True(first.equal(second).all().item<bool>());
        Assert.All(mixture.Trainable, pair => Assert.Contains(".mole_gate.", pair.Name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("matrix", 4, 4 * (2 * 32 * 2 + 1))]
    [InlineData("layer", 2, 2 * (2 * 32 * 2 + 1))]
    [InlineData("block", 2, 2 * (2 * 32 * 2 + 1))]
    [InlineData("network", 1, 2 * 32 * 2 + 1)]
    public void Each_grain_has_so_many_gates_of_n_times_out_by_n_parameters_and_a_temperature(string grain, int gates, int parameters)
    {
        using var model = TinyBase.Llama.Load();

        using var mixture = Mixture(model, TinyBase.Experts(TinyBase.Llama, Folder), $$"""{"granularity": "{{grain}}"}""");

        Assert.Equal((2 * gates, parameters), (mixture.Trainable.Count, mixture.TrainableParameters));
    }

    [Fact]
    public void Attention_and_feed_forward_are_layers_of_their_own_and_one_block()
    {
        var experts = TinyBase.Experts(TinyBase.Llama, Folder, """{"target_modules": ["all-linear"]}""");

        using var model = TinyBase.Llama.Load();
        using (var layers = Mixture(model, experts, """{"granularity": "layer"}"""))
            Assert.Equal(
                ["model.layers.0.mlp.gate_proj", "model.layers.0.self_attn.q_proj", "model.layers.1.mlp.gate_proj",
                    "model.layers.1.self_attn.q_proj"],
                Owners(layers));
        using (var blocks = Mixture(model, experts))
            Assert.Equal(["model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.q_proj"], Owners(blocks));

        static IEnumerable<string> Owners(Adapter adapter) => adapter.Trainable
            .Select(pair => pair.Name.Replace("base_model.model.", "", StringComparison.Ordinal).Split(".mole_gate")[0]).Distinct().Order();
    }

    [Fact]
    public void The_balance_loss_of_an_untrained_mixture_is_n_log_n_times_its_weight()
    {
        using var model = TinyBase.Llama.Load();
        using var mixture = Mixture(model, TinyBase.Experts(TinyBase.Llama, Folder, count: 3), """{"balance_weight": 0.5}""");

        model.train();
        TinyBase.Run(model);

        Assert.Equal(0.5 * 3 * Math.Log(3), mixture.AuxiliaryLoss!().item<float>(), 1e-5);
    }

    [Fact]
    public void Flattened_positions_need_a_task_of_one_length_and_keep_to_it()
    {
        using var model = TinyBase.Llama.Load();
        var experts = TinyBase.Experts(TinyBase.Llama, Folder);

        var refused = Assert.Throws<AdapterException>(() => Mixture(model, experts, """{"pooling": "flatten"}"""));
        var context = new AttachContext { Experts = experts, TargetLength = 24 };
        using var mixture = TinyBase.Attach("mole", model, """{"pooling": "flatten"}""", context);
        TinyBase.Evaluate(model);

        Assert.Equal("Option 'pooling' of method 'mole' is flatten, which needs a task of one length.", refused.Message);
        Assert.Equal(2 * (2 * 24 * 32 * 2 + 1), mixture.TrainableParameters);
    }

    [Fact]
    public void On_a_base_of_windows_and_whole_images_a_gate_covers_one_kind()
    {
        using var model = TinyBase.Sam.Load();
        var experts = TinyBase.Experts(TinyBase.Sam, Folder, """{"target_modules": ["all-linear"]}""");

        var refused = Assert.Throws<AdapterException>(() => Mixture(model, experts));
        using var mixture = Mixture(model, experts, """{"granularity": "layer"}""");
        TinyBase.Evaluate(model);

        Assert.Equal("Option 'granularity' of method 'mole' is block, but on a sam base, whose layers see windows or whole images, "
            + "must be matrix or layer.", refused.Message);
    }

    [Fact]
    public void What_is_no_expert_for_this_base_is_refused_with_its_folder()
    {
        using var model = TinyBase.Llama.Load();
        var other = Saved("other", "lora", TinyBase.TiedLlama, "{}");
        var biased = Saved("biased", "lora", TinyBase.Qwen, """{"bias": "all"}""");
        var longer = Saved("longer", "longlora", TinyBase.Llama, "{}");
        var misshapen = Saved("misshapen", "lora", TinyBase.Llama, "{}");
        var config = Path.Combine(misshapen, "adapter_config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"rank\": 8", "\"rank\": 4", StringComparison.Ordinal));
        using var qwen = TinyBase.Qwen.Load();

        Assert.Equal("Method 'mole' composes trained LoRA adapters, but was given none.", Refusal(model));
        Assert.StartsWith($"{other} was trained on another base than this llama model", Refusal(model, other), StringComparison.Ordinal);
        Assert.Equal($"{longer} holds an adapter of the method 'longlora', but only lora adapters can be experts.", Refusal(model, longer));
        Assert.StartsWith($"{biased} has also trained 'base_model.model.model.layers.0.self_attn.k_proj.bias', which cannot be mixed",
            Refusal(qwen, biased), StringComparison.Ordinal);
        Assert.StartsWith($"{misshapen} adapts model.layers.0.self_attn.q_proj by factors of the shapes [32, 8] and [8, 32], but it "
            + "should be [32, 4] and [4, 32].", Refusal(model, misshapen), StringComparison.Ordinal);
        Assert.All(model.Sites.Values, site => Assert.Empty(site.Adapters));

        string Refusal(BaseModel on, params string[] experts) => Assert.Throws<AdapterException>(() => Mixture(on, experts)).Message;
    }

    [Theory]
    [InlineData("""{"masked": [0, 1]}""")]
    [InlineData("""{"masked": [2]}""")]
    public void Masks_that_leave_no_expert_or_name_none_are_refused(string options)
    {
        using var model = TinyBase.Llama.Load();

        var refused = Assert.Throws<AdapterException>(() => Mixture(model, TinyBase.Experts(TinyBase.Llama, Folder), options));

        Assert.EndsWith("but must name some, not all, of the experts 0 to 1.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_saved_mixture_carries_its_experts_and_does_not_need_their_folders()
    {
        var experts = TinyBase.Experts(TinyBase.Llama, Folder);
        using var model = TinyBase.Llama.Load();
        Tensor before;
        using (var mixture = Mixture(model, experts))
        {
            TinyBase.Perturb(mixture);
            before = TinyBase.Evaluate(model);
            AdapterFolder.Save(mixture, Folder.File("mixture"));
        }

        foreach (var expert in experts)
            Directory.Delete(expert, recursive: true);
        using (AdapterFolder.Load(Folder.File("mixture"), model))
            Assert.True(before.equal(TinyBase.Evaluate(model)).all().item<bool>());
        using (AdapterFolder.Load(Path.Combine(Folder.File("mixture"), "experts", "1"), model))
            Assert.Equal(ScalarType.Float32, TinyBase.Evaluate(model).dtype);
    }

    private static Adapter Mixture(BaseModel model, IReadOnlyList<string> experts, string options = "{}") =>
        TinyBase.Attach("mole", model, options, new AttachContext { Experts = experts });

    private static Tensor Loaded(string folder)
    {
        using var model = TinyBase.Llama.Load();
        using var adapter = AdapterFolder.Load(folder, model);
        return TinyBase.Evaluate(model);
    }

    private string Saved(string name, string method, TinyBase tiny, string options)
    {
        using var model = tiny.Load();
        using var adapter = TinyBase.Attach(method, model, options);
        TinyBase.Perturb(adapter);
        AdapterFolder.Save(adapter, Folder.File(name));
        return Folder.File(name);
    }
}
