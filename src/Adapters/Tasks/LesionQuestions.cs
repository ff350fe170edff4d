using System.ComponentModel.DataAnnotations;
using Adapters.Methods;
using Adapters.Models;
using Adapters.Models.VisionLanguage;
using Adapters.Pretraining;
using Adapters.Tasks.Data;
using Adapters.Tasks.Language;
using Adapters.Tasks.Vision;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Adapters.Tasks;

/// <summary>Answers questions on drawn lesions, how many, how large and where, behind a long text that has nothing to do with
/// them.</summary>
/// <remarks>
/// What is seen stands before the text and the question at its end, so an answer hangs on local structure and on what lies far back.
/// The answer is the likeliest of the numbers that the question names, each a token of its own, and all are equally common: chance is
/// 1/3, 1/3 and 1/4. Only the answer has a loss. The projector between the towers is trained under every method, and positions
/// are interpolated for every method.
/// </remarks>
[LearningTask("lesion-questions", Families = [VisionLanguageModel.FamilyName], DefaultBase = "sam-tiny + nano", Metric = "accuracy",
    Maximize = true, Metrics = ["accuracy", "accuracy_count", "accuracy_size", "accuracy_quadrant", "loss"])]
internal sealed class LesionQuestions : LearningTask
{
    private const int TokensAtOnce = 4096; // in an evaluation
    private const ulong FillerSeed = 0x4649_4C4C; // of the text before the questions of evaluations
    private const int PicturesAnItem = 256; // that are looked through for one with the answer that is wanted

    public sealed record Options : ITaskOptions<Options>
    {
        /// <summary>Tokens of the text, the question included; the image's patches stand before it.</summary>
        [Range(16, 1_000_000)]
        public int Length { get; init; } = 64;

        /// <summary>What is asked: one question, or all three in turn, which takes many more steps to learn.</summary>
        [AllowedValues("all", "count", "size", "quadrant")]
        public string Question { get; init; } = "quadrant";

        /// <summary>Questions to train on, each on a picture of its own.</summary>
        [Range(1, 10_000_000)]
        public int TrainItems { get; init; } = 3000;

        /// <summary>Questions that configurations are chosen on.</summary>
        [Range(3, 1_000_000)]
        public int ValidationItems { get; init; } = 120;

        /// <summary>Questions that results are reported on.</summary>
        [Range(3, 1_000_000)]
        public int TestItems { get; init; } = 300;

        public static Options At(string size) => size switch
        {
            "smoke" => new() { Length = 96, Question = "all", TrainItems = 60, ValidationItems = 12, TestItems = 12 },
            "quickstart" => new(),
            _ => new() { Length = 4096, Question = "all", TrainItems = 30_000, ValidationItems = 600, TestItems = 1500 },
        };
    }

    private readonly Options _options;
    private readonly TaskSetting _setting;
    private readonly TokenizedCorpus _corpus;
    private readonly Dictionary<Split, TokenWindows> _windows = [];
    private readonly Dictionary<(Split, int), Item> _items = [];
    private readonly IReadOnlyList<LesionQuestion> _questions;
    private readonly int[][] _texts; // of each question
    private readonly int[] _digits; // the tokens of 1, 2, …
    private DrawnPictures? _pictures;
    private int _size;
    private int _patches;

    /// <param name="Question">Number of the question.</param>
    /// <param name="Picture">Number of the picture.</param>
    /// <param name="Answer">From 1.</param>
    private readonly record struct Item(int Question, ulong Picture, int Answer);

    public LesionQuestions(Options options, TaskSetting setting)
    {
        (_options, _setting, _corpus) = (options, setting, Preparations.OpenCorpus(setting));
        var tokenizer = TextTokenizer.Load(_corpus.Tokenizer);
        _questions = [.. LesionQuestion.All.Where(question => options.Question == "all" || question.Name == options.Question)];
        _texts = [.. _questions.Select(question => tokenizer.Encode($"\n{question.Text}").ToArray())];
        _digits = [.. Enumerable.Range(1, _questions.Max(question => question.Options)).Select(digit => tokenizer.Encode($"{digit}")[^1])];
        if (_texts.Max(text => text.Length) is var longest && longest > options.Length)
            throw new AdapterException($"Option 'length' of task 'lesion-questions' is {options.Length}, but a question has {longest} "
                + "tokens in this vocabulary.");
    }

    public override Metric Metric { get; } = new("accuracy", Maximize: true);

    public override int? TargetLength => _patches + _options.Length;

    public override bool BringsHead => true;

    public override IReadOnlyList<string> Fit(BaseModel model)
    {
        var asked = Asked(model);
        if (asked.Image.Height != asked.Image.Width)
            throw new AdapterException($"Task 'lesion-questions' draws square pictures, but base '{_setting.Base}' reads "
                + $"{asked.Image.Height} by {asked.Image.Width} pixels.");
        (_size, _patches) = (asked.Image.Height, asked.ImageTokens);
        _pictures = new DrawnPictures(_size, Normalisation.Of(asked.Vision),
            (number, image, mask) => LesionImages.Draw(number, _size, image, mask));
        asked.LanguageModel.ReachLength(TargetLength!.Value);
        return VisionLanguageModel.Projector;
    }

    public override Tensor Loss(BaseModel model, long batch, int size, ulong seed)
    {
        using var scope = NewDisposeScope();
        var random = SplitMix64.Of(seed, (ulong)batch);
        var items = new Item[size];
        for (var i = 0; i < size; i++)
            items[i] = ItemOf(Split.Train, random.Below(_options.TrainItems));
        return CrossEntropy(Ask(model, Split.Train, items, ref random), items).MoveToOuterDisposeScope();
    }

    public override IReadOnlyDictionary<string, double> Evaluate(BaseModel model, Split split, CancellationToken cancel)
    {
        var count = split switch
        {
            Split.Train => _options.TrainItems,
            Split.Validation => _options.ValidationItems,
            _ => _options.TestItems,
        };
        var (right, asked, loss) = (new double[_questions.Count], new int[_questions.Count], 0.0);
        foreach (var numbers in Enumerable.Range(0, count).Chunk(Math.Max(1, TokensAtOnce / TargetLength!.Value)))
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var items = Array.ConvertAll(numbers, number => ItemOf(split, number));
            var random = SplitMix64.Of(FillerSeed, (ulong)split, (ulong)numbers[0]);
            var logits = Ask(model, split, items, ref random);
            loss += items.Length * CrossEntropy(logits, items).item<float>();
            var options = logits.index_select(1, tensor(Array.ConvertAll(_digits, token => (long)token), device: logits.device))
                .cpu().data<float>().ToArray();
            for (var i = 0; i < items.Length; i++)
            {
                var own = options.AsSpan(i * _digits.Length, _questions[items[i].Question].Options);
                asked[items[i].Question]++;
                right[items[i].Question] += own.IndexOf(own.ToArray().Max()) + 1 == items[i].Answer ? 1 : 0;
            }
        }

        var metrics = new Dictionary<string, double> { ["accuracy"] = right.Sum() / count, ["loss"] = loss / count };
        for (var question = 0; question < _questions.Count; question++)
            metrics[$"accuracy_{_questions[question].Name}"] = right[question] / asked[question];
        return metrics;
    }

    public override void Dispose()
    {
        _corpus.Dispose();
        base.Dispose();
    }

    private static VisionLanguageModel Asked(BaseModel model) => model as VisionLanguageModel
        ?? throw new AdapterException("Task 'lesion-questions' needs an image encoder and a language model, such as 'sam-tiny + nano', "
            + $"but the base is of family '{model.Family}'.");

    /// <summary>Logits of what follows each question <c>[items, vocabulary]</c>.</summary>
    private Tensor Ask(BaseModel model, Split split, Item[] items, ref SplitMix64 random)
    {
        var pictures = _pictures ?? throw new InvalidOperationException("The task was not fitted to a model.");
        var tokens = new int[items.Length * _options.Length];
        for (var i = 0; i < items.Length; i++)
        {
            var row = tokens.AsSpan(i * _options.Length, _options.Length);
            var text = _texts[items[i].Question];
            WindowsOf(split).Draw(ref random)[text.Length..].CopyTo(row);
            text.CopyTo(row[^text.Length..]);
        }

        return Asked(model).NextToken(
            tensor(tokens, [items.Length, _options.Length], device: model.Device).to(int64),
            pictures.Pixels(Array.ConvertAll(items, item => item.Picture), model.Device));
    }

    private Tensor CrossEntropy(Tensor logits, Item[] items) => functional.cross_entropy(logits.to(float32),
        tensor(Array.ConvertAll(items, item => (long)_digits[item.Answer - 1]), device: logits.device));

    /// <summary>Questions and their answers in turn, each with the first of its own pictures that has the answer.</summary>
    private Item ItemOf(Split split, int number)
    {
        if (_items.TryGetValue((split, number), out var known))
            return known;
        var (turn, question) = Math.DivRem(number, _questions.Count);
        var (wanted, mask) = (turn % _questions[question].Options + 1, new byte[_size * _size]);
        for (var draw = 0; draw < PicturesAnItem; draw++)
        {
            var picture = PictureNumber.Of(split, item: 0) + (ulong)number * PicturesAnItem + (ulong)draw;
            LesionImages.Outline(picture, _size, mask);
            if (_questions[question].Answer(mask, _size) == wanted)
                return _items[(split, number)] = new Item(question, picture, wanted);
        }

        throw new InvalidOperationException(
            $"No picture in {PicturesAnItem} answers the question of the {_questions[question].Name} by {wanted}.");
    }

    private TokenWindows WindowsOf(Split split) => _windows.TryGetValue(split, out var windows) ? windows
        : _windows[split] = new TokenWindows([_corpus.Concatenate(_corpus.LinesOf(split, Domains.General))], _options.Length);
}
