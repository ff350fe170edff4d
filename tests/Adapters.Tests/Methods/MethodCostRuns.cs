using System.Globalization;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.Causal;
using Adapters.Models.Sam;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Methods;

/// <summary>What <see cref="MethodCostTests"/> runs in a program of its own, whose numeric libraries tell what they compute.</summary>
public sealed class MethodCostRuns
{
    /// <summary>How a line begins that says what is run next and how many multiply-adds that should take.</summary>
    internal const string Told = "cost ";

    /// <summary>A pass without the method.</summary>
    internal const string Bare = "bare";

    /// <summary>What of some is not told: batches of products are printed without their sizes.</summary>
    internal static readonly Dictionary<string, string> Untold = new()
    {
        ["conv-lora-shifted"] = "it cuts maps into windows of its own",
        ["conv-long"] = "its image encoder has a token that is no place of the map",
        ["gated-long-lora"] = "its gate multiplies in batches",
        ["mole-conv-lora"] = "its gate multiplies in batches",
        ["nla-conv-lora"] = "it needs trained Conv-LoRAs, whose products are told",
        ["waveft"] = "its transform is a sum of shifted maps",
    };

    /// <summary>Options in which a method multiplies no batches, or comes to what it is for on small layers.</summary>
    private static readonly Dictionary<string, string> s_options = new()
    {
        ["boft"] = """{"block_size": 64}""",
        ["gated-conv-lora"] = """{"experts": 1}""",
        ["lokr"] = """{"rank": 4}""",
        ["oft"] = """{"block_size": 64}""",
        ["peanut"] = """{"depth": 2}""",
    };

    /// <summary>Passes without a method and with it, and its merge, each between two marks.</summary>
    [Fact(Explicit = true)]
    public void Runs_every_method_between_marks()
    {
        using var folder = new TemporaryFolder();
        using var frozen = no_grad();
        foreach (var method in MethodCatalogue.All.Where(method => !Untold.ContainsKey(method.Id)))
        {
            using var scope = NewDisposeScope();
            using var run = new MarkedRun(method, s_options.GetValueOrDefault(method.Id, "{}"), folder);
            run.All();
            Assert.True(run.Marks > 0);
        }

        // The libraries' lines are written in blocks, the runner's in between: no line of a run may stand in the last block.
        for (var line = 0; line < 100; line++)
            ones(32, 32).mm(ones(32, 32)).Dispose();
    }

    private sealed class MarkedRun : IDisposable
    {
        private readonly RegisteredMethod _method;
        private readonly TinyBase? _tiny;
        private readonly string _options;
        private readonly TemporaryFolder _folder;
        private readonly BaseModel _model;

        public MarkedRun(RegisteredMethod method, string options, TemporaryFolder folder)
        {
            (_method, _options, _folder) = (method, options, folder);
            _tiny = method.Families.Contains("sam") ? TinyBase.Sam
                : method.Families.Count > 0 || method.ComposesExperts || method.Id is "mixlora" or "full" or "base" ? TinyBase.Llama
                : null;
            _model = _tiny?.Load() ?? OneLayer.Linear(64, 96);
            _model.eval();
        }

        public int Marks { get; private set; }

        public void All()
        {
            int[] sizes = _model is SamModel ? [64] : [24, 48];
            var tokens = new Dictionary<int, Dictionary<Site, (long Passes, long Tokens)>>();
            foreach (var size in sizes)
            {
                Marked(Bare, size, 0, () => Pass(size));
                tokens[size] = WatchedPass(size);
            }

            using var adapter = TinyBase.Attach(_method.Id, _model, _options, Context());
            _model.eval();
            Pass(sizes[0]); // what is made when it is first needed costs no later pass anything
            var (formulas, costs) = (new MethodFormulas(adapter), _method.Costs);
            foreach (var size in sizes)
                Marked("with", size, Expected(size), () => Pass(size));
            if (costs.ToMerge == "")
                return;
            Marked("merge", 0, adapter.Sites.Values.Sum(site => formulas.Evaluated(costs.ToMerge, site.Site)), adapter.Merge);
            Marked("merged", sizes[0], 0, () => Pass(sizes[0]));

            double Expected(int size) => adapter.Sites.Count == 0
                ? Patches(size) * (formulas.OfModel(costs.PerToken, size * size) + _model.Blocks.Count * formulas.OfModel(costs.PerBlock))
                    + formulas.OfModel(costs.PerPass, size * size)
                : adapter.Sites.Values.Sum(site => tokens[size][site.Site.Whole].Tokens * formulas.Evaluated(costs.PerToken, site.Site)
                        + tokens[size][site.Site.Whole].Passes * formulas.Evaluated(costs.PerPass, site.Site))
                    + adapter.Parts.Count * size * formulas.OfModel(costs.PerBlock);
        }

        private long Patches(int size) => _model.PatchEmbedding is { } patches ? size * size / (patches.Inputs / 3) : size;

        private AttachContext Context() => !_method.ComposesExperts ? new AttachContext { Seed = 7 }
            : new AttachContext
            {
                Seed = 7,
                Experts = _method.Id == "mole" // whose gate multiplies in batches, but of one where there is one, and of small ones unseen
                    ? TinyBase.Experts(_tiny!, _folder, """{"rank": 16}""", count: 1)
                    : TinyBase.Experts(_tiny!, _folder),
            };

        private void Pass(int size)
        {
            using var scope = NewDisposeScope();
            _ = _model switch
            {
                CausalModel causal => causal.Logits(arange(0, size).mul(37).add(11).remainder(127).add(1).reshape(1, size)),
                SamModel sam => sam.MaskLogits(TinyBase.Pixels(size).narrow(0, 0, 1)),
                OneLayer one => one.Layer.call(arange(0, 64 * size).mul(0.7).sin().reshape(1, size, 64)),
                _ => throw new NotSupportedException(_model.Family),
            };
        }

        /// <summary>How many tokens, and of how many sequences or images, each layer sees.</summary>
        private Dictionary<Site, (long Passes, long Tokens)> WatchedPass(int size)
        {
            var seen = new Dictionary<Site, (long, long)>();
            var hooks = _model.Sites.Values.Select(site => site.Whole).Distinct().Select(site => site.register_forward_hook((_, _, y) =>
            {
                seen[site] = (y.shape[0], y.numel() / site.Outputs);
                return y;
            })).ToList();
            Pass(size);
            foreach (var hook in hooks)
                hook.remove();
            return seen;
        }

        /// <summary>Runs something between two marks: products of a size that occurs nowhere else.</summary>
        private void Marked(string what, int size, double expected, Action run)
        {
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Told}{_method.Id} {what} {size} {expected}"));
            ones(2, LibraryTrace.Mark).mm(ones(LibraryTrace.Mark, 3)).Dispose();
            run();
            ones(2, LibraryTrace.Mark).mm(ones(LibraryTrace.Mark, 3)).Dispose();
            Marks++;
        }

        public void Dispose() => _model.Dispose();
    }
}
