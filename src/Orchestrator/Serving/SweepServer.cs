using System.Net.Sockets;
using System.Text;
using Experiments.Asking;
using Experiments.Reports;
using Experiments.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orchestrator.Asking;
using Orchestrator.Reading;

namespace Orchestrator.Serving;

/// <summary>
/// Answers other processes of the same user how sweeps stand, and gives trials to those that ask for them, on a socket file that
/// nobody else can reach, while this process holds the store.
/// </summary>
internal sealed class SweepServer : IAsyncDisposable
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(1);
    private readonly WebApplication _application;
    private readonly string _path;

    private SweepServer(WebApplication application, string path) => (_application, _path) = (application, path);

    /// <summary>Begins to answer. Where the system refuses a socket there is no server, and a note says so: the run matters more.</summary>
    public static async Task<IAsyncDisposable?> StartAsync(
        string dataFolder, ISweepReader sweeps, Action<string> note, ITrialDesk? desk = null)
    {
        try
        {
            var path = CoordinatorSocket.Prepare(dataFolder);
            var application = Build(path, sweeps, desk);
            await application.StartAsync();
            return new SweepServer(application, path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SocketException)
        {
            note($"Other commands cannot ask this run how it stands: {failure.Message}");
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(AnswersWithin);
        await _application.StopAsync(limit.Token);
        await _application.DisposeAsync();
        CoordinatorSocket.Remove(_path);
    }

    private static WebApplication Build(string path, ISweepReader sweeps, ITrialDesk? desk)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server => server.ListenUnixSocket(path));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();

        var application = builder.Build();
        application.MapGet("/sweeps", context => Answer(context, async cancel => SnapshotJson.Write(await sweeps.List(cancel))));
        application.MapGet("/sweeps/{name}", context => Answer(context, async cancel =>
            SnapshotJson.Write(await sweeps.Read(Route(context, "name"), cancel))));
        if (desk is not null)
        {
            application.MapPost("/sweeps/{name}/ask", context => Answer(context, async cancel =>
            {
                var request = AskBody.ReadAsk(Route(context, "name"), await BodyAsync(context, cancel));
                return Encoding.UTF8.GetBytes(ReportJson.Of(await desk.AskAsync(request, cancel)));
            }));
            application.MapPost("/sweeps/{name}/trials/{trial}/tell", context => Answer(context, async cancel =>
            {
                var request = AskBody.ReadTell(Route(context, "name"), Route(context, "trial"), await BodyAsync(context, cancel));
                return Encoding.UTF8.GetBytes(ReportJson.Of(await desk.TellAsync(request, cancel)));
            }));
        }

        return application;
    }

    private static string Route(HttpContext context, string value) => (string)context.Request.RouteValues[value]!;

    private static async Task<ReadOnlyMemory<byte>> BodyAsync(HttpContext context, CancellationToken cancel)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, cancel);
        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    private static async Task Answer(HttpContext context, Func<CancellationToken, Task<byte[]>> ask)
    {
        try
        {
            var document = await ask(context.RequestAborted);
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(document, context.RequestAborted);
        }
        catch (RefusedException refused)
        {
            await Refuse(context, refused.Message, refused.Kind switch
            {
                RefusalKind.BadInput => StatusCodes.Status400BadRequest,
                RefusalKind.Unknown => StatusCodes.Status404NotFound,
                _ => StatusCodes.Status409Conflict,
            });
        }
        catch (StoreException failure)
        {
            await Refuse(context, failure.Message, StatusCodes.Status500InternalServerError);
        }
    }

    private static async Task Refuse(HttpContext context, string sentence, int status)
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(sentence, context.RequestAborted);
    }

    /// <summary>Leaves signals to the run.</summary>
    private sealed class OwnersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
