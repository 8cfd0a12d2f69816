import { byId, element } from '../element';
import { acceptDrops } from '../live/dropped-files';
import { ask } from '../live/ask';
import { bytes } from '../text/numbers';

/** An image that was chosen: one file, the two of a pair, or those of a DICOM series. */
export interface ChosenImage {
  /** Of the file, or of the folder. */
  name: string;
  isFolder: boolean;
  /** Of the server's own; its files are fetched from there. */
  isSample: boolean;
  files: File[];
}

interface Sample {
  name: string;
  bytes: number;
}

/** Samples of the server, a file, a folder, or something dropped on the page. */
export async function startImageSource(choose: (image: ChosenImage) => void): Promise<void> {
  const take = (files: File[], folder?: string) => choose(imageOf(files, folder));
  wire('file', 'choose-file', take);
  wire('folder', 'choose-folder', take);
  acceptDrops(take);
  await offerSamples(choose);
}

function wire(field: string, button: string, take: (files: File[], folder?: string) => void): void {
  const input = byId<HTMLInputElement>(field);
  byId(button).addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    input.value = '';
    if (files.length > 0) take(files, files[0].webkitRelativePath.split('/')[0] || undefined);
  });
}

/** Files of other programs that lie in folders with images. */
const NO_IMAGE = /^\.|^(DICOMDIR|Thumbs\.db)$/i;

function imageOf(all: File[], folder: string | undefined): ChosenImage {
  const files = all.length > 1 ? all.filter(({ name }) => !NO_IMAGE.test(name)) : all;
  const isFolder = files.length > 1;
  return { name: isFolder ? (folder ?? 'series') : files[0].name, isFolder, isSample: false, files };
}

async function offerSamples(choose: (image: ChosenImage) => void): Promise<void> {
  const place = byId('samples');
  const samples = await ask<Sample[]>('samples').catch(() => []);
  if (samples.length === 0) {
    place.replaceChildren(element('span', { className: 'quiet' }, 'This server offers no sample (--samples).'));
    return;
  }
  place.replaceChildren(
    ...samples.map((sample) => {
      const title = `Sample of the server, ${bytes(sample.bytes)}`;
      const button = element('button', { type: 'button', title }, sample.name);
      button.addEventListener('click', () => choose({ name: sample.name, isFolder: false, isSample: true, files: [] }));
      return button;
    }),
  );
}
