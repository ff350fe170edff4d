using System.Text.Json.Nodes;
using Adapters.Methods;
using Adapters.Tasks;
using Xunit;

namespace Adapters.Tests.Tasks;

public sealed class TaskCatalogueTests(SmokeCorpus corpus)
{
    [Fact]
    public void Lists_the_tasks_sorted_with_what_a_reader_needs()
    {
        var ids = TaskCatalogue.All.Select(task => task.Id).ToList();
        Assert.Contains("lesions", ids);
        Assert.Equal(ids.Distinct().Order(StringComparer.Ordinal), ids);
        Assert.All(TaskCatalogue.All, task =>
        {
            Assert.NotEmpty(task.Summary);
            Assert.NotEmpty(task.Options.Options);
            Assert.All(task.Options.Options, option => Assert.NotEmpty(option.Summary));
            Assert.Contains(task.Metric.Name, task.Metrics);
        });
    }

    [Fact]
    public void Every_size_has_defaults_within_the_limits_of_the_options()
    {
        foreach (var task in TaskCatalogue.All)
            foreach (var size in TaskCatalogue.Sizes)
                task.Options.Bind(TaskCatalogue.DefaultsAt(task, size), task.Id);
    }

    [Fact]
    public void Sizes_differ()
    {
        Assert.All(TaskCatalogue.All, task => Assert.Equal(TaskCatalogue.Sizes.Count,
            TaskCatalogue.Sizes.Select(size => TaskCatalogue.DefaultsAt(task, size).ToJsonString()).Distinct().Count()));
    }

    [Fact]
    public void A_given_option_takes_the_place_of_the_sizes_default()
    {
        using var task = corpus.Task("long-context", "nano", new JsonObject { ["length"] = 192 });

        Assert.Equal(192, task.TargetLength);
    }

    [Theory]
    [InlineData("lesion", "smoke", "{}", "There is no task 'lesion'. Did you mean 'lesions'?")]
    [InlineData("lesions", "quick", "{}", "Task 'lesions' has no size 'quick'.")]
    [InlineData("lesions", "smoke", """{"train_image":3}""", "Unknown option 'train_image' of task 'lesions'.")]
    [InlineData("composition", "smoke", """{"domain":"law"}""", "must be one of web, data, security, intrinsics, union, mixture")]
    [InlineData("long-context", "smoke", """{"length":40}""", "is 40, too short to hide a number in")]
    [InlineData("long-context", "smoke", """{"length":100000,"passkey_trials":0}""", "No document of the corpus has 100000 tokens.")]
    public void Says_what_is_wrong_and_what_would_be_right(string id, string size, string options, string message)
    {
        var fault = Assert.Throws<AdapterException>(() =>
        {
            using var task = TaskCatalogue.Create(id, (JsonObject)JsonNode.Parse(options)!, new TaskSetting(size, "nano", corpus.Cache));
            using var model = SmokeCorpus.Base("nano");
            task.Fit(model);
            using var loss = task.Loss(model, 0, 1, 1);
        });

        Assert.Contains(message, fault.Message);
    }

    [Fact]
    public void Two_tasks_of_one_name_are_refused()
    {
        var fault = Assert.Throws<InvalidOperationException>(() => TaskCatalogue.Collect([typeof(LongContext), typeof(LongContext)]));

        Assert.Contains("'long-context'", fault.Message);
    }
}
