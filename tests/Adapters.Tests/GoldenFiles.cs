namespace Adapters.Tests;

/// <summary>Files beneath <c>Golden/</c>, as they lie beside the test program.</summary>
internal static class GoldenFiles
{
    public static string Of(params string[] parts) => Path.Combine([AppContext.BaseDirectory, "Golden", .. parts]);
}
