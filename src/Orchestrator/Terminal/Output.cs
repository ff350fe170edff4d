using Experiments.Reports;
using Spectre.Console;

namespace Orchestrator.Terminal;

/// <summary>
/// Where an invocation speaks: answers to standard output, everything else to standard error. A document is drawn for
/// people or written as JSON, never both.
/// </summary>
internal sealed class Output(Surroundings surroundings, Settings settings)
{
    private readonly Func<string, Tone, string>? _paintAnswer = Paint(surroundings.OutputIsTerminal, surroundings, settings);

    /// <summary>Whether the answer is JSON.</summary>
    public bool IsJson => settings.Json;

    /// <summary>Writes a document: the one way or the other, computed once.</summary>
    public void Write<T>(T document, Func<T, string> json, Func<T, IEnumerable<ReportTable>> draw)
    {
        if (IsJson)
            surroundings.Output.WriteLine(json(document));
        else
            Write(draw(document));
    }

    /// <summary>Draws tables as the answer.</summary>
    public void Write(IEnumerable<ReportTable> tables)
    {
        var width = surroundings.OutputIsTerminal ? surroundings.Width : Surroundings.DefaultWidth;
        foreach (var line in TextTable.Lines(tables, width, _paintAnswer))
            Put(line);
    }

    /// <summary>Writes a line of the answer, at once.</summary>
    public void Line(string text, Tone tone = Tone.Plain) => Put(_paintAnswer is null ? text : _paintAnswer(text, tone));

    /// <summary>Writes text of the answer as it is, for another program to read.</summary>
    public void Raw(string text) => surroundings.Output.Write(text);

    /// <summary>Says something besides the answer, unless quiet.</summary>
    public void Note(string text)
    {
        if (settings.Verbosity != Verbosity.Quiet)
            surroundings.Error.WriteLine(Spelt(text));
    }

    private void Put(string line)
    {
        if (_paintAnswer is null)
            surroundings.Output.WriteLine(Spelt(line));
        else
            Ansi(surroundings.Output).Write(new Markup(Spelt(line) + "\n"));
    }

    /// <summary>Colours by tone, as Spectre's markup; null where the stream takes no colour.</summary>
    private static Func<string, Tone, string>? Paint(bool isTerminal, Surroundings surroundings, Settings settings)
    {
        var wanted = settings.Color switch
        {
            ColorMode.Always => true,
            ColorMode.Never => false,
            _ => isTerminal,
        };
        return !wanted ? null : (text, tone) => tone switch
        {
            Tone.Strong => $"[bold]{Markup.Escape(text)}[/]",
            Tone.Quiet => $"[grey]{Markup.Escape(text)}[/]",
            Tone.Bad => $"[red]{Markup.Escape(text)}[/]",
            _ => Markup.Escape(text),
        };
    }

    private static IAnsiConsole Ansi(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = ColorSystemSupport.Standard,
            Out = new AnsiConsoleOutput(writer),
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = int.MaxValue; // lines are already as wide as they may be
        return console;
    }

    /// <summary>Letters that are ornament give way where the stream is not Unicode; each is replaced by one other.</summary>
    private string Spelt(string text) => surroundings.SpeaksUnicode ? text : text.Replace('·', '-').Replace('…', '~').Replace('α', 'a');
}
