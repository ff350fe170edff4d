using Experiments.Asking;

namespace Orchestrator.Asking;

/// <summary>Folders of trials that are asked for: relative to the data folder where they are recorded, absolute to people.</summary>
internal static class AskedFolders
{
    extension(AskAnswer answer)
    {
        /// <summary>The answer for people; the folder for checkpoints is made.</summary>
        public AskAnswer In(string data)
        {
            if (answer.Checkpoints is not { } checkpoints)
                return answer;

            var folder = Directory.CreateDirectory(Path.GetFullPath(checkpoints, data)).FullName;
            return answer with
            {
                Checkpoints = folder, ResumeFrom = answer.ResumeFrom is { } resume ? Path.GetFullPath(resume, data) : null,
            };
        }
    }

    extension(TellRequest request)
    {
        /// <summary>The request as it is recorded.</summary>
        /// <exception cref="RefusedException">When there is no such folder.</exception>
        public TellRequest In(string data)
        {
            if (request.Checkpoint is not { Folder: var named })
                return request;
            var folder = Path.TrimEndingDirectorySeparator(named);
            if (!Path.IsPathRooted(folder))
                throw new RefusedException(RefusalKind.BadInput, $"The checkpoint '{folder}' must be an absolute path.");
            if (!Directory.Exists(folder))
                throw new RefusedException(RefusalKind.BadInput, $"There is no folder '{folder}' with a checkpoint.");

            var relative = Path.GetRelativePath(data, folder).Replace('\\', '/');
            var isInside = relative != ".." && !relative.StartsWith("../", StringComparison.Ordinal) && !Path.IsPathRooted(relative);
            var bytes = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
            return request with { Checkpoint = new CheckpointFolder(isInside ? relative : Path.GetFullPath(folder), bytes) };
        }
    }
}
