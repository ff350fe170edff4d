using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text.Json;
using Experiments.Sweeps;
using Experiments.Trials;

namespace Experiments.Storage;

/// <summary>
/// The fields of an event in the order in which they are written. A field that is not there, or is not what it should be, makes the
/// event unknown; what is read from then on means nothing.
/// </summary>
/// <param name="reader">Stands at the beginning of the event.</param>
/// <param name="texts">Texts that were read before, so that the names of a few workers are not kept a hundred thousand times.</param>
internal ref struct EventFields(Utf8JsonReader reader, string?[] texts)
{
    /// <summary>How many texts are remembered.</summary>
    public const int Texts = 256;

    private static readonly ParameterValueConverter Parameters = new();

    private Utf8JsonReader _reader = reader;

    /// <summary>Whether all was as it should be.</summary>
    public bool AreKnown { get; private set; } = true;

    /// <summary>Where the reading has come to.</summary>
    public readonly Utf8JsonReader Reader => _reader;

    private readonly bool IsNumber => _reader.TokenType == JsonTokenType.Number;

    /// <summary>Goes from the beginning of an object to its first field.</summary>
    public void Enter() => Pass(_reader.TokenType == JsonTokenType.StartObject);

    /// <summary>Goes into the object that is a field's value.</summary>
    public void Enter(ReadOnlySpan<byte> name)
    {
        Find(name);
        Enter();
    }

    /// <summary>Is at the end of an object.</summary>
    public void End() => AreKnown = AreKnown && _reader.TokenType == JsonTokenType.EndObject;

    /// <summary>Goes past the end of an object.</summary>
    public void Leave() => Pass(_reader.TokenType == JsonTokenType.EndObject);

    /// <summary>A text that has to be that one.</summary>
    public void Expect(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        Find(name);
        Pass(_reader.TokenType == JsonTokenType.String && _reader.ValueTextEquals(text));
    }

    /// <summary>A text.</summary>
    public string Text(ReadOnlySpan<byte> name)
    {
        Find(name);
        var text = _reader.TokenType == JsonTokenType.String ? Remembered() : "";
        Pass(_reader.TokenType == JsonTokenType.String);
        return text;
    }

    /// <summary>A text that may be left out.</summary>
    public string? TextOrNone(ReadOnlySpan<byte> name) => IsNext(name) ? Text(name) : null;

    /// <summary>A whole number.</summary>
    public int Int(ReadOnlySpan<byte> name)
    {
        Find(name);
        return Int();
    }

    /// <summary>A whole number of up to 63 bits.</summary>
    public long Long(ReadOnlySpan<byte> name)
    {
        Find(name);
        var value = 0L;
        Pass(IsNumber && _reader.TryGetInt64(out value));
        return value;
    }

    /// <summary>A whole number of up to 64 bits that is not below 0.</summary>
    public ulong Unsigned(ReadOnlySpan<byte> name)
    {
        Find(name);
        var value = 0UL;
        Pass(IsNumber && _reader.TryGetUInt64(out value));
        return value;
    }

    /// <summary>Yes or no, where no may be left out.</summary>
    public bool FlagOrNone(ReadOnlySpan<byte> name)
    {
        if (!IsNext(name))
            return false;
        Find(name);
        var flag = _reader.TokenType == JsonTokenType.True;
        Pass(flag || _reader.TokenType == JsonTokenType.False);
        return flag;
    }

    /// <summary>A point in time.</summary>
    public DateTimeOffset Time(ReadOnlySpan<byte> name)
    {
        Find(name);
        var time = default(DateTimeOffset);
        Pass(_reader.TokenType == JsonTokenType.String && _reader.TryGetDateTimeOffset(out time));
        return time;
    }

    /// <summary>A length of time.</summary>
    public TimeSpan Duration(ReadOnlySpan<byte> name)
    {
        Find(name);
        var duration = default(TimeSpan);
        Pass(_reader.TokenType == JsonTokenType.String
            && Utf8Parser.TryParse(_reader.ValueSpan, out duration, out var length, 'c') && length == _reader.ValueSpan.Length);
        return duration;
    }

    /// <summary>A length of time that may be left out.</summary>
    public TimeSpan? DurationOrNone(ReadOnlySpan<byte> name) => IsNext(name) ? Duration(name) : null;

    /// <summary>The trial of an event.</summary>
    public TrialId Trial() => new(Int("trial"u8));

    /// <summary>The attempt of an event.</summary>
    public AttemptId Attempt()
    {
        Enter("attempt"u8);
        var attempt = new AttemptId(Trial(), Int("number"u8));
        Leave();
        return attempt;
    }

    /// <summary>A list of trials.</summary>
    public EquatableArray<TrialId> Trials(ReadOnlySpan<byte> name)
    {
        Find(name);
        Pass(_reader.TokenType == JsonTokenType.StartArray);
        var trials = ImmutableArray.CreateBuilder<TrialId>();
        while (AreKnown && IsNumber)
            trials.Add(new TrialId(Int()));
        Pass(_reader.TokenType == JsonTokenType.EndArray);
        return new EquatableArray<TrialId>(trials.DrainToImmutable());
    }

    /// <summary>Numbers by name.</summary>
    public ImmutableSortedDictionary<string, double> Values(ReadOnlySpan<byte> name)
    {
        Enter(name);
        var values = ImmutableSortedDictionary<string, double>.Empty;
        while (AreKnown && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = Remembered();
            Next();
            var value = 0.0;
            Pass(IsNumber && _reader.TryGetDouble(out value));
            values = values.SetItem(key, value);
        }

        Leave();
        return values;
    }

    /// <summary>The values of a trial.</summary>
    public Configuration Configuration(ReadOnlySpan<byte> name)
    {
        Enter(name);
        var values = new List<KeyValuePair<string, ParameterValue>>();
        while (AreKnown && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = Remembered();
            Next();
            AreKnown = IsNumber || _reader.TokenType is JsonTokenType.String or JsonTokenType.True or JsonTokenType.False;
            if (!AreKnown)
                break;
            values.Add(new(key, Parameters.Read(ref _reader, typeof(ParameterValue), StoreContext.Default.Options)));
            Next();
        }

        Leave();
        return new Configuration(values);
    }

    private int Int()
    {
        var value = 0;
        Pass(IsNumber && _reader.TryGetInt32(out value));
        return value;
    }

    private readonly bool IsNext(ReadOnlySpan<byte> name) =>
        _reader.TokenType == JsonTokenType.PropertyName && _reader.ValueTextEquals(name);

    private void Find(ReadOnlySpan<byte> name) => Pass(IsNext(name));

    /// <summary>Goes on where that is so.</summary>
    private void Pass(bool isSo)
    {
        AreKnown = AreKnown && isSo;
        if (AreKnown)
            Next();
    }

    private void Next() => AreKnown = _reader.Read();

    /// <summary>The text that is there, the same object where it was read before.</summary>
    private readonly string Remembered()
    {
        if (_reader.ValueIsEscaped || _reader.ValueSpan.Length is 0 or > 64)
            return _reader.GetString()!;

        var bytes = _reader.ValueSpan;
        ref var place = ref texts[((bytes.Length * 31) + bytes[^1] + (bytes[bytes.Length / 2] * 7)) % Texts];
        if (place is null || !_reader.ValueTextEquals(place))
            place = _reader.GetString()!;
        return place;
    }
}
