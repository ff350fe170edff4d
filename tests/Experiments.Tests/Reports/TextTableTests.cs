using System.Collections.Immutable;
using CsCheck;
using Experiments.Reports;
using Xunit;

namespace Experiments.Tests.Reports;

public sealed class TextTableTests
{
    private static readonly ReportTable Table = new()
    {
        Columns =
        [
            new("name"), new("n", Alignment.Right, 2), new("value", Alignment.Right), new("values", Priority: 1, Overflow: Overflow.Cut),
        ],
        Rows = [["lora", "8", "0.875", "rank 8 · alpha 16"], ["conv-lora", "12", "0.9", ""]],
    };

    [Fact]
    public void Numbers_keep_to_the_right()
    {
        Assert.Equal(
            [
                "name        n  value  values",
                "lora        8  0.875  rank 8 · alpha 16",
                "conv-lora  12    0.9",
            ],
            TextTable.Lines(Table, 80));
    }

    [Fact]
    public void A_column_that_may_be_cut_is_cut_before_another_is_dropped()
    {
        Assert.Equal(
            [
                "name        n  value  values",
                "lora        8  0.875  rank 8 · …",
                "conv-lora  12    0.9",
            ],
            TextTable.Lines(Table, 32));
    }

    [Fact]
    public void The_least_important_column_goes_first_and_is_named()
    {
        Assert.Equal(
            [
                "name       value  values",
                "lora       0.875  rank 8 · al…",
                "conv-lora    0.9",
                "Not shown at this width: n.",
            ],
            TextTable.Lines(Table, 30));
    }

    [Fact]
    public void A_column_that_may_wrap_goes_on_in_the_next_line()
    {
        var table = new ReportTable
        {
            Columns = [new("option"), new("meaning", Overflow: Overflow.Wrap), new("n", Alignment.Right)],
            Rows = [["rank", "Inner dimension, at least 1, of both factors.", "8"], ["bias", "None.", "1"]],
        };

        Assert.Equal(
            [
                "option  meaning                   n",
                "rank    Inner dimension, at       8",
                "        least 1, of both",
                "        factors.",
                "bias    None.                     1",
            ],
            TextTable.Lines(table, 35));
    }

    [Fact]
    public void What_is_always_shown_is_cut_when_nothing_else_is_left()
    {
        var table = new ReportTable
        {
            Columns = [new("name"), new("value", Alignment.Right)],
            Rows = [["a-very-long-name-indeed", "0.875"]],
        };

        Assert.Equal(["name           value", "a-very-long-…  0.875"], TextTable.Lines(table, 20));
    }

    [Fact]
    public void Paint_is_given_text_without_padding_and_its_tone()
    {
        var table = new ReportTable { Columns = [new("a"), new("b")], Rows = [["x", new Cell("y", Tone.Strong)]] };

        var lines = TextTable.Lines(table, 80, (text, tone) => tone == Tone.Strong ? $"<{text}>" : text);

        Assert.Equal(["a  b", "x  <y>"], lines);
    }

    [Fact]
    public void Without_rows_only_the_words_are_left()
    {
        Assert.Equal(["No trial of this kind."], TextTable.Lines(Table with { Rows = [], Notes = ["No trial of this kind."] }, 80));
    }

    [Fact]
    public void No_line_is_ever_wider_than_asked()
    {
        var cell = Gen.String[Gen.Char[" abcdef"], 0, 30];
        var column = Gen.Select(cell, Gen.Bool, Gen.Int[0, 3], Gen.Enum<Overflow>(), (heading, right, priority, overflow) =>
            new Column(heading, right ? Alignment.Right : Alignment.Left, priority, overflow));
        var tables = from columns in column.Array[1, 6]
                     from rows in cell.Array[columns.Length].Array[0, 4]
                     from notes in Gen.String[Gen.Char[" ab"], 0, 80].Array[0, 2]
                     select new ReportTable
                     {
                         Columns = [.. columns],
                         Rows = [.. rows.Select(row => row.Select(text => (Cell)text).ToImmutableArray())],
                         Notes = [.. notes],
                     };

        Gen.Select(tables, Gen.Int[20, 100]).Sample((table, width) => TextTable.Lines(table, width).All(line => line.Length <= width));
    }
}
