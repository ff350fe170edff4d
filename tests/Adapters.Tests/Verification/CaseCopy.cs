using System.Text.Json.Nodes;
using Adapters.Checkpoints;
using Adapters.Verification;
using Xunit;
using static TorchSharp.torch;

namespace Adapters.Tests.Verification;

/// <summary>A case of the recorded ones in a folder of its own, to be changed.</summary>
internal static class CaseCopy
{
    public static void CopyCase(this TemporaryFolder folder, string name)
    {
        foreach (var file in Directory.EnumerateFiles(GoldenFiles.Of(name.Split('/'))))
            File.Copy(file, folder.File(Path.GetFileName(file)));
    }

    public static void ChangeTensors(this TemporaryFolder folder, string file, Action<Dictionary<string, Tensor>> change)
    {
        var tensors = SafeTensorsFile.ReadAll(folder.File(file));
        change(tensors);
        SafeTensorsFile.Write(folder.File(file), tensors.Select(pair => (pair.Key, pair.Value)));
    }

    public static void ChangeDescription(this TemporaryFolder folder, Action<JsonObject> change)
    {
        var description = JsonNode.Parse(File.ReadAllText(folder.File("case.json")))!.AsObject();
        change(description);
        File.WriteAllText(folder.File("case.json"), description.ToJsonString());
    }

    public static CaseResult Verify(this TemporaryFolder folder) => Assert.Single(GoldenVerifier.Verify(folder.Path));
}
