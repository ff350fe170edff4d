using System.Security.Cryptography;
using System.Text.Json;
using Adapters.Mechanisms;
using Adapters.Methods;
using Adapters.Training;
using Adapters.Training.Optimizers;
using static TorchSharp.torch;

namespace Adapters.Checkpoints;

/// <summary>
/// The whole state of a training at a step, in a folder <c>a{attempt}-s{step}</c>: trained parameters and optimizer state
/// as safetensors, and <c>manifest.json</c> with the size and SHA-256 of each file, and the SHA-256 of what it says itself.
/// Random state and data position are functions of seed and step, so they are not in it. A folder is a checkpoint when its
/// manifest is there and whole and every file is what the manifest says.
/// </summary>
public static class TrainingCheckpoint
{
    private const int Format = 2;
    private const string ManifestFile = "manifest.json";
    private const string StateFile = "state.safetensors";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>Writes a checkpoint: it appears under its name whole and flushed, or not at all.</summary>
    /// <param name="folder">The folder of checkpoints.</param>
    /// <param name="attempt">The attempt that writes, whose number becomes part of the name.</param>
    /// <param name="training">Which training it is.</param>
    /// <param name="progress">How far it has come.</param>
    /// <param name="parameters">What is trained.</param>
    /// <param name="optimizer">How it is trained.</param>
    /// <param name="kept">What is not trained but computed with.</param>
    internal static CheckpointReference Save(string folder, int attempt, TrainingIdentity training, TrainingProgress progress,
        FlatParameters parameters, IOptimizer optimizer, IReadOnlyList<KeptTensor> kept)
    {
        var place = Path.Combine(folder, $"a{attempt}-s{progress.Step}");
        DurableFolder.Write(place, temporary =>
        {
            using var scope = NewDisposeScope();
            SafeTensorsFile.Write(Path.Combine(temporary, StateFile), TensorsOf(parameters, optimizer, kept));
            var files = new[] { Describe(temporary, StateFile) };
            var manifest = new CheckpointManifest(Format, attempt, training, progress, files, Sha256: "");
            var whole = manifest with { Sha256 = HashOf(manifest) };
            DurableFile.WriteText(Path.Combine(temporary, ManifestFile), JsonSerializer.Serialize(whole, Json));
        });
        return new CheckpointReference(progress.Step, place, SizeOf(place));
    }

    /// <summary>Reads a checkpoint's state into parameters and optimizer.</summary>
    /// <returns>How far the training had come.</returns>
    /// <exception cref="AdapterException">When the folder is no whole checkpoint, or one of another training.</exception>
    internal static TrainingProgress Load(
        string folder, TrainingIdentity training, FlatParameters parameters, IOptimizer optimizer, IReadOnlyList<KeptTensor> kept)
    {
        var manifest = Check(folder);
        if (manifest.Training != training)
            throw new AdapterException($"Checkpoint '{folder}' is of {manifest.Training}; it cannot go on as {training}.");

        using var scope = NewDisposeScope();
        using var file = SafeTensorsFile.Open(Path.Combine(folder, StateFile));
        var tensors = TensorsOf(parameters, optimizer, kept).ToList();
        if (file.Entries.Count != tensors.Count)
            throw new AdapterException(
                $"Checkpoint '{folder}' holds {file.Entries.Count} tensors, but this training has {tensors.Count}.");
        foreach (var (name, tensor) in tensors)
            file.ReadInto(name, tensor);
        return manifest.Progress;
    }

    /// <summary>Reads a checkpoint's manifest and holds every file against it.</summary>
    /// <exception cref="AdapterException">Names the file and the fault.</exception>
    public static CheckpointManifest Check(string folder)
    {
        var manifest = ReadManifest(Path.Combine(folder, ManifestFile));
        foreach (var expected in manifest.Files)
        {
            var path = Path.Combine(folder, expected.Name);
            if (!File.Exists(path))
                throw Fault(path, "is missing");
            var found = Describe(folder, expected.Name);
            if (found.Bytes != expected.Bytes)
                throw Fault(path, $"is {found.Bytes} bytes long, but the manifest says {expected.Bytes}");
            if (found.Sha256 != expected.Sha256)
                throw Fault(path, $"has the SHA-256 {found.Sha256}, but the manifest says {expected.Sha256}");
        }
        return manifest;
    }

    private static CheckpointManifest ReadManifest(string path)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize<CheckpointManifest>(File.ReadAllText(path), Json)
                ?? throw Fault(path, "is empty");
            if (manifest.Format != Format)
                throw Fault(path, $"is of format {manifest.Format}; this program reads format {Format}");
            return HashOf(manifest) == manifest.Sha256
                ? manifest
                : throw Fault(path, "does not have the SHA-256 that it says it has");
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Fault(path, "is missing");
        }
        catch (JsonException broken)
        {
            throw Fault(path, $"is no valid manifest ({broken.Message})");
        }
    }

    /// <summary>The SHA-256 of all that a manifest says but this.</summary>
    private static string HashOf(CheckpointManifest manifest) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(manifest with { Sha256 = "" }, Json)));

    /// <summary>Views of all that is saved, in the current dispose scope.</summary>
    private static IEnumerable<(string Name, Tensor Tensor)> TensorsOf(
        FlatParameters parameters, IOptimizer optimizer, IReadOnlyList<KeptTensor> kept) =>
        optimizer.State.Prepend(KeyValuePair.Create("parameter", parameters.Values))
            .SelectMany(buffer => parameters.Views(buffer.Value).Select(view => ($"{buffer.Key}.{view.Name}", view.View)))
            .Concat(kept.Where(each => each.Keeping != Keeping.Remade).Select(each => ($"kept.{each.Name}", each.Tensor)));

    private static CheckpointFile Describe(string folder, string name)
    {
        using var stream = File.OpenRead(Path.Combine(folder, name));
        return new CheckpointFile(name, stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }

    private static long SizeOf(string folder) => new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length);

    private static AdapterException Fault(string path, string fault) => new($"'{path}' {fault}: this is no whole checkpoint.");
}

/// <summary>What <c>manifest.json</c> of a checkpoint says.</summary>
public sealed record CheckpointManifest(
    int Format, int Attempt, TrainingIdentity Training, TrainingProgress Progress, IReadOnlyList<CheckpointFile> Files, string Sha256);

/// <summary>A file of a checkpoint.</summary>
public sealed record CheckpointFile(string Name, long Bytes, string Sha256);

/// <summary>Which training a checkpoint belongs to, as far as its state depends on it.</summary>
public sealed record TrainingIdentity(string Method, string Optimizer, ulong Seed)
{
    /// <inheritdoc/>
    public override string ToString() => $"method '{Method}' with optimizer '{Optimizer}' and seed {Seed}";
}

/// <summary>How far a training has come: steps made, and the losses since the last report.</summary>
/// <param name="Step">Steps made.</param>
/// <param name="LossSum">Sum of the losses that are not yet reported.</param>
/// <param name="LossCount">Number of these.</param>
public sealed record TrainingProgress(int Step, double LossSum, int LossCount)
{
    /// <summary>Before the first step.</summary>
    public static TrainingProgress Start { get; } = new(0, 0, 0);
}
