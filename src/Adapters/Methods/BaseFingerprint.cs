using System.Security.Cryptography;
using System.Text;
using Adapters.Models;
using static TorchSharp.torch;

namespace Adapters.Methods;

/// <summary>
/// Tells bases apart, so that an adapter is not put on another base than it was trained on. It covers every name and
/// shape and up to 1,024 evenly spaced values of each tensor: any training of a base changes it, a change of single
/// rows may not. Values count as bfloat16, so that the same base in another precision is the same base.
/// </summary>
internal static class BaseFingerprint
{
    private const long Samples = 1024;

    /// <param name="model">The base, as it was loaded.</param>
    /// <param name="except">Parameters that a task made and every trial has of its own.</param>
    public static string Of(BaseModel model, IReadOnlyList<string> except)
    {
        using var scope = NewDisposeScope();
        var kept = model.Adapters.Where(adapter => adapter.IsActive).SelectMany(adapter => adapter.Freed)
            .ToDictionary(freed => freed.Parameter.Handle, freed => freed.Base);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, parameter) in model.named_parameters().OrderBy(pair => pair.name, StringComparer.Ordinal))
        {
            if (except.Contains(name))
                continue;
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}[{string.Join(',', parameter.shape)}]"));
            var stride = Math.Max(1, parameter.numel() / Samples);
            var own = kept.GetValueOrDefault(parameter.Handle) ?? parameter; // of the base, whatever an adapter has made of it
            var values = own.detach().reshape(-1)[TensorIndex.Slice(null, null, stride)];
            hash.AppendData(values.to(bfloat16).cpu().contiguous().bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}
