using System.Net.Sockets;
using Experiments.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orchestrator.Reading;

namespace Orchestrator.Serving;

/// <summary>
/// Answers other processes of the same user how sweeps stand, on a socket file that nobody else can reach, while this
/// process holds the store.
/// </summary>
internal sealed class SweepServer : IAsyncDisposable
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(1);
    private readonly WebApplication _application;
    private readonly string _path;

    private SweepServer(WebApplication application, string path) => (_application, _path) = (application, path);

    /// <summary>Begins to answer. Where the system refuses a socket there is no server, and a note says so: the run matters more.</summary>
    public static async Task<IAsyncDisposable?> StartAsync(string dataFolder, ISweepReader sweeps, Action<string> note)
    {
        try
        {
            var path = CoordinatorSocket.Prepare(dataFolder);
            var application = Build(path, sweeps);
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

    private static WebApplication Build(string path, ISweepReader sweeps)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server => server.ListenUnixSocket(path));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();

        var application = builder.Build();
        application.MapGet("/sweeps", context => Answer(context, async cancel => SnapshotJson.Write(await sweeps.List(cancel))));
        application.MapGet("/sweeps/{name}", context => Answer(context, async cancel =>
            SnapshotJson.Write(await sweeps.Read((string)context.Request.RouteValues["name"]!, cancel))));
        return application;
    }

    private static async Task Answer(HttpContext context, Func<CancellationToken, Task<byte[]>> ask)
    {
        try
        {
            var document = await ask(context.RequestAborted);
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(document, context.RequestAborted);
        }
        catch (StoreException failure)
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            await context.Response.WriteAsync(failure.Message, context.RequestAborted);
        }
    }

    /// <summary>Leaves signals to the run.</summary>
    private sealed class OwnersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
