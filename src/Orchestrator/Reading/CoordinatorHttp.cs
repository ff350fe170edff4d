using System.Net.Sockets;

namespace Orchestrator.Reading;

/// <summary>Speaks HTTP to the coordinator of a data folder, over its socket file.</summary>
internal static class CoordinatorHttp
{
    /// <summary>Reaches the coordinator of a data folder; null when none listens.</summary>
    public static async Task<HttpClient?> TryConnectAsync(string dataFolder, CancellationToken cancel)
    {
        var path = CoordinatorSocket.PathOf(dataFolder);
        try
        {
            using var socket = await ConnectAsync(path, cancel);
        }
        catch (SocketException)
        {
            return null;
        }

        return new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, stop) => new NetworkStream(await ConnectAsync(path, stop), ownsSocket: true),
        })
        {
            BaseAddress = new Uri("http://coordinator/"),
        };
    }

    private static async Task<Socket> ConnectAsync(string path, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
