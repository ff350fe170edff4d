using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Xunit;

namespace Architecture.Tests;

/// <summary>Clocks, shared randomness, sleeping and blocking are not called: they come in by constructor, or are awaited.</summary>
public sealed class BannedMembersTests
{
    private static readonly string[] Everywhere =
    [
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow",
        "System.Random.get_Shared", "System.Random..ctor()", "System.Threading.Thread.Sleep",
        "System.Threading.Tasks.Task.Wait", "System.Threading.Tasks.Task`1.get_Result",
    ];

    [Theory]
    [InlineData("Experiments", "System.Console")]
    [InlineData("Adapters", "System.Console")]
    [InlineData("GpuActors", "System.Console")]
    [InlineData("orchestrator", null)]
    public void No_banned_member_is_called(string assembly, string? bannedType)
    {
        var called = CalledMembers(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));

        Assert.DoesNotContain(called, member => Everywhere.Contains(member)
            || (bannedType is not null && member.StartsWith(bannedType + ".", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_reader_of_members_sees_what_this_very_test_calls()
    {
        var called = CalledMembers(typeof(BannedMembersTests).Assembly.Location);

        Assert.Contains("System.IO.File.OpenRead", called);
    }

    private static List<string> CalledMembers(string path)
    {
        using var file = File.OpenRead(path);
        using var image = new PEReader(file);
        var metadata = image.GetMetadataReader();
        return [.. metadata.MemberReferences.Select(metadata.GetMemberReference).Select(member => NameOf(metadata, member))];
    }

    private static string NameOf(MetadataReader metadata, MemberReference member)
    {
        var name = metadata.GetString(member.Name);
        var parameterless = name == ".ctor" && metadata.GetBlobReader(member.Signature) is { Length: 3 } ? "()" : "";
        return $"{TypeOf(metadata, member.Parent)}.{name}{parameterless}";
    }

    private static string TypeOf(MetadataReader metadata, EntityHandle parent)
    {
        switch (parent.Kind)
        {
            case HandleKind.TypeReference:
                var type = metadata.GetTypeReference((TypeReferenceHandle)parent);
                return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
            case HandleKind.TypeSpecification:
                // A generic type: its name is the first type reference in the blob GENERICINST CLASS type.
                var blob = metadata.GetBlobReader(metadata.GetTypeSpecification((TypeSpecificationHandle)parent).Signature);
                if (blob.ReadByte() != (byte)SignatureTypeCode.GenericTypeInstance)
                    return "";
                blob.ReadByte();
                var generic = blob.ReadTypeHandle();
                return generic.Kind == HandleKind.TypeReference ? TypeOf(metadata, generic) : "";
            default:
                return "";
        }
    }
}
