import type { Sample } from '../../gateway/contract/sessions';
import { button, byId, h } from '../dom';
import { acceptFiles } from '../chosen-files';
import { ask } from '../server/ask';
import { bytes } from '../text';

/** An image that was chosen: one file, the two of a pair, or those of a DICOM series. */
export interface ChosenImage {
  /** Of the file, or of the folder. */
  name: string;
  isFolder: boolean;
  /** Of the server's own; its files are fetched from there. */
  isSample: boolean;
  files: File[];
}

/** Files of other programs that lie in folders with images. */
const NO_IMAGE = /^\.|^(DICOMDIR|Thumbs\.db)$/i;

/** Samples of the server, a file, a folder, or something dropped on the page. */
export async function startImageSource(choose: (image: ChosenImage) => void): Promise<void> {
  const take = (all: File[], folder?: string) => {
    const files = all.length > 1 ? all.filter(({ name }) => !NO_IMAGE.test(name)) : all;
    const isFolder = files.length > 1;
    choose({ name: isFolder ? (folder ?? 'series') : files[0].name, isFolder, isSample: false, files });
  };
  acceptFiles({ 'choose-file': 'file', 'choose-folder': 'folder' }, take);
  const samples = await ask<Sample[]>('samples').catch(() => []);
  const offers = samples.map(({ name, bytes: size }) =>
    button(name, () => choose({ name, isFolder: false, isSample: true, files: [] }), {
      title: `Sample of the server, ${bytes(size)}`,
    }),
  );
  const none = h('span.quiet', 'This server offers no sample (--samples).');
  byId('samples').replaceChildren(...(offers.length > 0 ? offers : [none]));
}
