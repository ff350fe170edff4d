using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Mechanisms;
using Adapters.Verification;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Mechanisms;

/// <summary>One case of <c>core/mole</c>: its hyperparameters, its tensors, and how close it must be met.</summary>
internal sealed class MoleCase
{
    private readonly JsonObject _entry;

    public MoleCase(string name)
    {
        var manifest = JsonNode.Parse(File.ReadAllText(GoldenFiles.Of("core", "mole", "manifest.json")))!;
        _entry = manifest["cases"]!.AsArray().Single(entry => (string)entry!["name"]! == name)!.AsObject();
        Tensors = SafeTensorsFile.ReadAll(GoldenFiles.Of("core", "mole", (string)_entry["file"]!));
        Active = [.. Settings["active"]!.AsArray().Select(each => (bool)each!)];
    }

    public Dictionary<string, Tensor> Tensors { get; }

    public JsonObject Settings => _entry["hyperparameters"]!.AsObject();

    public bool[] Active { get; }

    public GatePooling Pooling => (string)Settings["pooling"]! == "flatten" ? GatePooling.Flatten : GatePooling.Mean;

    public double BalanceWeight => (double)Settings["balance_coefficient"]!;

    /// <summary>Every expected tensor of a name is met within the case's tolerance.</summary>
    public void Agrees(string name, Tensor ours)
    {
        var tolerance = new Tolerance((double)_entry["tolerance"]![name.Split('.')[0]]!["abs"]!, 0);
        Assert.True(tolerance.ShareUsed(ours.reshape(Tensors[name].shape), Tensors[name]) <= 1, name);
    }

    /// <summary>Holds the steps of training against the case, as the walker of cases does.</summary>
    public void AgreesAfterSteps(IReadOnlyList<(string Name, TorchSharp.Modules.Parameter Parameter)> gates, Func<Tensor> loss)
    {
        var folder = GoldenFiles.Of("core", "mole");
        var golden = new GoldenCase { Folder = folder, Description = _entry, Kind = "core/mole" };
        var compare = new Comparison(golden, gradientShare: 1);
        GoldenTraining.CheckSteps(_entry["hyperparameters"]!["optimizer"], golden.Tensors((string)_entry["file"]!), compare, gates,
            _ => loss(),
            () => gates.Select(pair => (pair.Name, (Tensor)pair.Parameter)));
        Assert.True(compare.WorstOutput is { Share: <= 1 }, compare.WorstOutput?.ToString());
    }
}
