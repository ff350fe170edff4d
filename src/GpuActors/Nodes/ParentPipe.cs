namespace GpuActors.Nodes;

/// <summary>
/// What a worker and the agent that started it say to each other over standard input and output; the pipe's end is the parent's.
/// </summary>
internal static class ParentPipe
{
    /// <summary>What an agent writes to ask its worker to leave.</summary>
    public const string LeaveLine = "leave";

    /// <summary>What a worker writes once it has loaded what it needs to work.</summary>
    public const string ReadyLine = "ready";

    /// <summary>Reads on a thread of its own: reading from a console blocks the thread that does it.</summary>
    /// <param name="input">Standard input.</param>
    /// <param name="leave">Is told that the parent asks this process to leave.</param>
    /// <param name="ended">Is told that the parent is gone.</param>
    public static void Listen(Stream input, Action leave, Action ended)
    {
        void Read()
        {
            using var lines = new StreamReader(input);
            try
            {
                while (lines.ReadLine() is { } line)
                {
                    if (line == LeaveLine)
                        leave();
                }
            }
            catch (IOException)
            {
                // A broken pipe has ended too.
            }

            ended();
        }

        new Thread(Read) { IsBackground = true, Name = "parent" }.Start();
    }
}
