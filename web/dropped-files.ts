/** All files of a drop, those in folders too. @param transfer of the drop event; read before the handler returns */
async function droppedFiles(transfer: DataTransfer): Promise<{ files: File[]; folder?: string }> {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const dropped = items.map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const folder = dropped.find(({ entry }) => entry?.isDirectory)?.entry!.name;
  const files = await Promise.all(dropped.map(({ entry, file }) => (entry ? filesIn(entry) : (file ?? []))));
  return { files: files.flat(), folder };
}

async function filesIn(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile)
    return [await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const all: FileSystemEntry[] = [];
  // A reader gives a hundred entries at a time, and none when it has given all.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    all.push(...some);
  }
  return (await Promise.all(all.map(filesIn))).flat();
}

/** Takes files that are dropped anywhere on the page; `data-dropping` is on the body while they hover. */
export function acceptDrops(take: (files: File[], folder: string | undefined) => void): void {
  const hovers = (event: DragEvent) => event.dataTransfer?.types.includes('Files');
  let depth = 0;
  const mark = (change: number) => {
    depth = Math.max(0, depth + change);
    document.body.toggleAttribute('data-dropping', depth > 0);
  };
  addEventListener('dragenter', (event) => hovers(event) && mark(1));
  addEventListener('dragleave', (event) => hovers(event) && mark(-1));
  addEventListener('dragover', (event) => hovers(event) && event.preventDefault());
  addEventListener('drop', (event) => {
    if (!hovers(event)) return;
    event.preventDefault();
    mark(-depth);
    void droppedFiles(event.dataTransfer!).then(({ files, folder }) => files.length > 0 && take(files, folder));
  });
}
