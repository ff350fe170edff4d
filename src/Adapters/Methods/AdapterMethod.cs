using System.Reflection;
using System.Text.Json.Nodes;
using Adapters.Models;
using Adapters.Options;
using static TorchSharp.torch;

namespace Adapters.Methods;

/// <summary>
/// What all methods do alike: read their options, refuse a family they do not work on, freeze the base. A method itself
/// only says what it puts where and what it frees.
/// </summary>
/// <typeparam name="TOptions">Its options record, whose initial values are the defaults.</typeparam>
public abstract class AdapterMethod<TOptions> : IAdapterMethod
    where TOptions : class, new()
{
    private readonly AdapterMethodAttribute _registration;

    /// <summary>Reads what the class is registered as.</summary>
    protected AdapterMethod() => _registration = GetType().GetCustomAttribute<AdapterMethodAttribute>(inherit: false)
        ?? throw new InvalidOperationException($"{GetType()} has no {nameof(AdapterMethodAttribute)}.");

    /// <inheritdoc/>
    public Type OptionsType => typeof(TOptions);

    /// <inheritdoc/>
    public Adapter Attach(BaseModel model, JsonObject options, AttachContext context)
    {
        var bound = OptionSchema.Bind<TOptions>(options, $"method '{_registration.Id}'");
        if (_registration.Families is { Length: > 0 } families && !families.Contains(model.Family))
            throw new AdapterException($"Method '{_registration.Id}' works on {string.Join(", ", families)}, "
                + $"but the base is of the family {model.Family}.");
        if (!_registration.ComposesExperts && context.Experts.Count > 0)
            throw new AdapterException(
                $"Method '{_registration.Id}' composes no experts, but was given {context.Experts.Count}.");

        using var scope = NewDisposeScope(); // what stays takes itself out of it
        using var fresh = no_grad();
        using var attachment = new Attachment(model, _registration, context);
        if (bound is TargetOptions around)
            LongContextParts.Apply(attachment, around);
        Attach(attachment, bound);
        return attachment.Build(OptionSchema.Of(typeof(TOptions)), OptionSchema.Write(bound));
    }

    /// <summary>Says what this method puts on which sites and which parameters of the base it frees.</summary>
    /// <param name="on">Takes it, and knows the model and what the trial adds.</param>
    /// <param name="options">The options, each within its limits.</param>
    /// <exception cref="AdapterException">When options and model do not fit together, with the value.</exception>
    protected abstract void Attach(Attachment on, TOptions options);
}
