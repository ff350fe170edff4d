using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Verification;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Tests.Verification;

/// <summary>Cases of the same format that hold fewer tensors, or others, than the recorded ones.</summary>
public sealed class OtherCasesTests : TorchTest
{
    private const string Layer = "tensors.safetensors";
    private const string Io = "io.safetensors";

    public static TheoryData<string, string, string> Optional => new()
    {
        { "methods/lora/basic", Layer, "out.merged_weight" },
        { "methods/lora/basic", Layer, "out.loss" },
        { "methods/lora/basic", Layer, "after.losses" },
        { "methods/lora/basic", Layer, "after.lora_B" },
        { "methods/conv-lora/train-4-experts", Layer, "out.gates" },
        { "methods/conv-lora/train-4-experts", Layer, "out.chosen" },
        { "methods/conv-lora/train-4-experts", Layer, "out.balance_loss" },
        { "methods/mole/mean-3-experts", Layer, "out.gates" },
        { "methods/mole/mean-3-experts", Layer, "out.balance_loss" },
        { "methods/mole/mean-3-experts", Layer, "out.loss" },
        { "models/sam/all-global", Io, "image_embeddings" },
        { "models/sam/all-global", Io, "image_pe" },
        { "models/sam/all-global", Io, "upsampled_logits" },
        { "models/vit/base", Io, "logits" },
        { "models/llama/gqa-tied", Io, "logits" },
    };

    [Theory, MemberData(nameof(Optional))]
    public void What_a_case_may_leave_out_is_compared_where_it_is_there(string name, string file, string tensor)
    {
        Folder.CopyCase(name);
        Folder.ChangeTensors(file, tensors => tensors[tensor] = tensors[tensor] + 1);
        var changed = Folder.Verify();

        Folder.ChangeTensors(file, tensors => tensors.Remove(tensor));
        var lacking = Folder.Verify();

        Assert.Equal((CaseOutcome.Failed, tensor), (changed.Outcome, changed.WorstOutput!.Tensor));
        Assert.True(lacking.Outcome == CaseOutcome.Passed, lacking.Reason);
    }

    [Fact]
    public void A_vision_base_without_its_head_is_held_against_its_hidden_states()
    {
        WithoutHead("models/vit/base", prefix: "vit.", head: "classifier.");

        var result = Folder.Verify();
        Folder.ChangeTensors(Io, io => io["hidden.2"] += 1);

        Assert.True(result.Outcome == CaseOutcome.Passed, result.Reason);
        Assert.Equal("hidden.2", Folder.Verify().WorstOutput!.Tensor);
    }

    [Fact]
    public void A_language_base_without_its_head_is_held_against_its_hidden_states()
    {
        WithoutHead("models/llama/mha", prefix: "model.", head: "lm_head.");

        var result = Folder.Verify();
        Folder.ChangeTensors(Io, io => io["hidden.2"] += 1);

        Assert.True(result.Outcome == CaseOutcome.Passed, result.Reason);
        Assert.Equal("hidden.2", Folder.Verify().WorstOutput!.Tensor);
    }

    [Fact]
    public void A_base_with_logits_must_have_its_head()
    {
        Folder.CopyCase("models/vit/base");
        Folder.ChangeTensors("model.safetensors", weights => weights.Remove("classifier.bias"));

        Assert.Contains("Missing: classifier.bias", Folder.Verify().Reason);
    }

    [Fact]
    public void Padding_tokens_of_a_prompt_are_not_seen()
    {
        Folder.CopyCase("models/llama/mha"); // whose padding token is 0
        var filler = zeros(1, 3, dtype: int64);
        Folder.ChangeTensors(Io, io =>
            (io["gen.prompt"], io["gen.output"]) = (cat([filler, io["gen.prompt"]], 1), cat([filler, io["gen.output"]], 1)));

        var result = Folder.Verify();

        Assert.True(result.Outcome == CaseOutcome.Passed, result.Reason);
    }

    [Fact]
    public void A_case_that_holds_inputs_alone_fails()
    {
        WithoutHead("models/vit/base", prefix: "vit.", head: "classifier.");
        Folder.ChangeTensors(Io, io => KeepOnly(io, "pixel_values"));

        var result = Folder.Verify();

        Assert.Equal((CaseOutcome.Failed, "the case holds nothing that could be compared."), (result.Outcome, result.Reason));
    }

    [Fact]
    public void Gradients_of_a_loss_that_the_case_does_not_give_fail_it()
    {
        Folder.CopyCase("models/vit/base");
        Folder.ChangeTensors(Io, io => io.Remove("labels"));

        Assert.Contains("'classifier.bias' of grads.safetensors", Folder.Verify().Reason);
    }

    [Fact]
    public void A_mixture_without_a_list_of_active_experts_uses_all_and_may_record_its_loss_without_a_dimension()
    {
        Folder.CopyCase("methods/mole/mean-4-layers");
        Folder.ChangeDescription(description => description["hyperparameters"]!.AsObject().Remove("active"));
        Folder.ChangeTensors(Layer, tensors => tensors["out.loss"] = tensors["out.loss"].reshape([]));

        var result = Folder.Verify();

        Assert.True(result.Outcome == CaseOutcome.Passed, result.Reason);
    }

    [Fact]
    public void The_steps_of_a_mixture_s_gates_are_compared()
    {
        Folder.CopyCase("methods/mole/mean-4-layers");
        Folder.ChangeDescription(description =>
            description["hyperparameters"]!["optimizer"] = Optimizer("""{"name": "SGD", "lr": 0.5, "steps": 1}"""));
        Folder.ChangeTensors(Layer, tensors =>
        {
            tensors["after.gate.weight"] = tensors["in.gate.weight"] - 0.5 * tensors["grad.gate.weight"];
            tensors["after.gate.temperature"] = tensors["in.gate.temperature"] - 0.5 * tensors["grad.gate.temperature"];
            tensors["after.losses"] = tensors["out.loss"];
        });

        var right = Folder.Verify();
        Folder.ChangeTensors(Layer, tensors => tensors["after.gate.weight"] += 0.01);
        var wrong = Folder.Verify();

        Assert.True(right.Outcome == CaseOutcome.Passed, right.Reason);
        Assert.Equal((CaseOutcome.Failed, "after.gate.weight"), (wrong.Outcome, wrong.WorstOutput!.Tensor));
    }

    [Fact]
    public void Steps_without_an_optimizer_fail_the_case()
    {
        Folder.CopyCase("methods/lora/basic");
        Folder.ChangeDescription(description => description["hyperparameters"]!.AsObject().Remove("optimizer"));

        Assert.Contains("'after.lora_A' of tensors.safetensors", Folder.Verify().Reason);
    }

    [Theory]
    [InlineData("""{"name": "SGD", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.1, "steps": 5, "nesterov": false}""")]
    [InlineData("""{"name": "Adam", "lr": 0.05, "betas": [0.8, 0.99], "eps": 1e-06, "weight_decay": 0.1, "steps": 5, "amsgrad": false}""")]
    [InlineData("""{"name": "Adam", "lr": 0.05, "steps": 5}""")]
    public void Optimizers_step_as_those_of_that_name_do(string optimizer)
    {
        Folder.CopyCase("methods/lora/basic");
        Folder.ChangeDescription(description => description["hyperparameters"]!["optimizer"] = Optimizer(optimizer));
        Folder.ChangeTensors(Layer, tensors => Train(tensors, Optimizer(optimizer)));

        var result = Folder.Verify();

        Assert.True(result.Outcome == CaseOutcome.Passed, result.Reason);
    }

    [Theory]
    [InlineData("""{"name": "SGD", "momentum": 0.9, "nesterov": true}""", "the optimizer SGD with 'nesterov' true is not supported.")]
    [InlineData("""{"name": "SGD", "momentum": 0.9, "dampening": 0.5}""", "the optimizer SGD with 'dampening' 0.5 is not supported.")]
    [InlineData("""{"name": "AdamW", "amsgrad": true}""", "the optimizer AdamW with 'amsgrad' true is not supported.")]
    [InlineData("""{"name": "Lion"}""", "there is no optimizer 'Lion'.")]
    public void What_our_optimizers_do_not_have_is_refused_by_name(string optimizer, string reason)
    {
        var rule = Optimizer(optimizer);
        (rule["lr"], rule["steps"]) = (0.05, 5);
        Folder.CopyCase("methods/lora/basic");
        Folder.ChangeDescription(description => description["hyperparameters"]!["optimizer"] = rule);

        var result = Folder.Verify();

        Assert.Equal((CaseOutcome.Unsupported, reason), (result.Outcome, result.Reason));
    }

    private void WithoutHead(string name, string prefix, string head)
    {
        Folder.CopyCase(name);
        File.Delete(Folder.File("grads.safetensors"));
        Folder.ChangeTensors(Io, io =>
            KeepOnly(io, [.. io.Keys.Where(key => key.StartsWith("hidden.", StringComparison.Ordinal)), "pixel_values", "input_ids"]));
        var weights = SafeTensorsFile.ReadAll(Folder.File("model.safetensors"))
            .Where(pair => !pair.Key.StartsWith(head, StringComparison.Ordinal));
        SafeTensorsFile.Write(Folder.File("model.safetensors"), weights.Select(pair => (pair.Key[prefix.Length..], pair.Value)));
    }

    private static void KeepOnly(Dictionary<string, Tensor> tensors, params string[] names)
    {
        foreach (var name in tensors.Keys.Except(names).ToArray())
            tensors.Remove(name);
    }

    private static JsonObject Optimizer(string json) => JsonNode.Parse(json)!.AsObject();

    /// <summary>Records the steps of TorchSharp's own optimizer.</summary>
    private static void Train(Dictionary<string, Tensor> tensors, JsonObject rule)
    {
        var (a, b) = (new Parameter(tensors["in.lora_A"].clone()), new Parameter(tensors["in.lora_B"].clone()));
        var (rate, decay) = ((double)rule["lr"]!, (double?)rule["weight_decay"] ?? 0);
        using optim.Optimizer optimizer = (string)rule["name"]! == "SGD"
            ? optim.SGD([a, b], rate, momentum: (double)rule["momentum"]!, weight_decay: decay)
            : optim.Adam([a, b], rate, (double?)rule["betas"]?[0] ?? 0.9, (double?)rule["betas"]?[1] ?? 0.999,
                (double?)rule["eps"] ?? 1e-8, decay);
        var losses = new List<float>();
        for (var step = 0; step < 5; step++)
        {
            var h = functional.linear(tensors["in.x"], a);
            var y = functional.linear(tensors["in.x"], tensors["in.weight"], tensors["in.bias"]) + 2 * functional.linear(h, b);
            var loss = functional.mse_loss(y, tensors["in.target"]);
            losses.Add(loss.item<float>());
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }

        (tensors["after.lora_A"], tensors["after.lora_B"]) = (a.detach(), b.detach());
        tensors["after.losses"] = tensor(losses.ToArray());
    }
}
