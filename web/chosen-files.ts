import { byId } from './dom';

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

/**
 * Takes the files that are dropped anywhere on the page, or chosen with a dialog; `data-dropping` is on the body while files hover over it.
 * @param dialogs ids of file fields, by the id of the button that opens their dialog
 */
export function acceptFiles(dialogs: Record<string, string>, take: (files: File[], folder?: string) => void): void {
  for (const [button, field] of Object.entries(dialogs)) {
    const input = byId<HTMLInputElement>(field);
    byId(button).onclick = () => input.click();
    input.onchange = () => {
      const files = [...(input.files ?? [])];
      input.value = '';
      if (files.length > 0) take(files, files[0].webkitRelativePath.split('/')[0] || undefined);
    };
  }
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
