using Adapters.Checkpoints;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Causal;
using Adapters.Tasks;
using Adapters.Tests.Tasks;
using Adapters.Training;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods;

/// <summary>LongLoRA through the trainer: what it moves, and which attention it uses when.</summary>
public sealed class LongLoraTrainingTests : TorchTest
{
    private const string Embedding = "base_model.model.model.embed_tokens.weight";

    [Theory]
    [InlineData("llama/mha")]
    [InlineData("llama/gqa-tied")]
    public void Moves_every_norm_and_the_embedding_and_saves_them(string on)
    {
        using var model = (CausalModel)new TinyBase(on).Load();
        var bare = TinyBase.Evaluate(model);
        using var adapter = TinyBase.Attach("longlora", model, """{"group": 4}""");
        var before = adapter.Trainable.ToDictionary(pair => pair.Name, pair => pair.Parameter.detach().clone());

        Train(adapter, new TokenTask());
        AdapterFolder.Save(adapter, Folder.File("adapter"));
        using var fresh = new TinyBase(on).Load();
        using var loaded = AdapterFolder.Load(Folder.File("adapter"), fresh);

        Assert.Equal(5, before.Keys.Count(name => name.Contains("norm", StringComparison.Ordinal)));
        Assert.Contains(Embedding, before.Keys);
        Assert.DoesNotContain(before.Keys, name => name.Contains("lm_head", StringComparison.Ordinal));
        Assert.All(adapter.Trainable, pair => Assert.True(TensorAssert.Distance(before[pair.Name], pair.Parameter) > 0, pair.Name));
        Assert.All(adapter.Trainable.Zip(loaded.Trainable), pair =>
            TensorAssert.Close(pair.First.Parameter, pair.Second.Parameter, 0));
        Assert.True(TensorAssert.Distance(bare, TinyBase.Evaluate(model)) > 1e-3);
        TensorAssert.Close(TinyBase.Evaluate(model), TinyBase.Evaluate(fresh), 0);
    }

    [Fact]
    public void A_tied_embedding_learns_as_output_layer_too()
    {
        using var model = (CausalModel)TinyBase.TiedLlama.Load();
        using var adapter = TinyBase.Attach("longlora", model, """{"group": 4}""");
        var unseen = model.ParameterOf("model.embed_tokens.weight")[100].detach().clone();

        Train(adapter, new TokenTask()); // whose tokens stay below 40: as an input, 100 gets no gradient

        Assert.True(TensorAssert.Distance(unseen, model.ParameterOf("model.embed_tokens.weight")[100]) > 0);
    }

    [Fact]
    public void Attention_is_shifted_again_after_a_validation_in_the_midst_of_training()
    {
        using var model = (CausalModel)TinyBase.Llama.Load();
        using var adapter = TinyBase.Attach("longlora", model, """{"group": 4}""");
        var shifted = new Counted(model.TrainingAttention!);
        model.TrainingAttention = shifted;
        using var task = new TokenTask { Ran = what => shifted.Log.Add(what) };

        Train(adapter, task, new TrainingOptions { Steps = 4, BatchSize = 1, EvaluateEvery = 2 });

        string[] step = ["shifted", "shifted", "loss"]; // in each of two layers
        Assert.Equal([.. step, .. step, "evaluation", .. step, .. step, "evaluation", "evaluation"], shifted.Log);
    }

    [Theory]
    [InlineData(24, 6)]
    [InlineData(20, 4)] // a quarter is 5, but groups are even
    public void A_group_is_a_quarter_of_the_target_length(int target, int group)
    {
        var context = new AttachContext { TargetLength = target };

        var usual = Trained("{}");

        TensorAssert.Close(Trained($$"""{"group": {{group}}}"""), usual, 0);
        Assert.True(TensorAssert.Distance(Trained($$"""{"group": {{group + 2}}}"""), usual) > 1e-4);

        Tensor Trained(string options)
        {
            using var model = TinyBase.Llama.Load();
            using var adapter = TinyBase.Attach("longlora", model, options, context);
            model.train();
            return TinyBase.Run(model).detach();
        }
    }

    [Fact]
    public void Fewer_key_and_value_heads_have_smaller_updates()
    {
        using var model = (CausalModel)TinyBase.TiedLlama.Load();
        using var adapter = TinyBase.Attach("longlora", model, """{"rank": 4}""");

        var (h, queries, keys) = (32, 4 * 8, 2 * 8); // hidden, H·d, K·d
        var layer = 2 * 4 * (h + queries) + 2 * 4 * (h + keys);
        Assert.Equal(2 * layer + 5 * h + 128 * h, adapter.TrainableParameters);
    }

    private void Train(Adapter adapter, LearningTask task, TrainingOptions? options = null)
    {
        var places = new TrainingPlaces { Cache = Folder.Path, Folder = Folder.File("attempt") };
        options ??= new TrainingOptions { Steps = 3, BatchSize = 2, LearningRate = 0.01 };
        new Trainer(adapter, task, options, seed: 1).Run(places, new SilentObserver(), TestContext.Current.CancellationToken);
    }

    /// <summary>Next tokens of drawn sequences.</summary>
    private sealed class TokenTask : LearningTask
    {
        public Action<string> Ran { get; init; } = _ => { };

        public override Metric Metric => new("loss", Maximize: false);

        public override IReadOnlyList<string> Fit(BaseModel model) => [];

        public override Tensor Loss(BaseModel model, long batch, int size, ulong seed)
        {
            var loss = LossOn(model, size, seed + (ulong)batch);
            Ran("loss");
            return loss;
        }

        public override IReadOnlyDictionary<string, double> Evaluate(BaseModel model, Split split, CancellationToken cancel)
        {
            var loss = LossOn(model, size: 1, seed: 99).item<float>();
            Ran("evaluation");
            return new Dictionary<string, double> { ["loss"] = loss };
        }

        private static Tensor LossOn(BaseModel model, int size, ulong seed)
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator(seed);
            var tokens = randint(1, 40, [size, 16], generator: generator, dtype: int64);
            return ((CausalModel)model).Loss(tokens, tokens).MoveToOuterDisposeScope();
        }
    }

    private sealed class Counted(ICausalAttention inner) : ICausalAttention
    {
        public List<string> Log { get; } = [];

        public Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor? mask)
        {
            Log.Add("shifted");
            return inner.Attend(query, key, value, mask);
        }
    }
}
