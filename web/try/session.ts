import type { NewSession } from '../../gateway/contract/sessions';
import { send } from '../server/ask';
import { uploadForm } from '../server/upload-form';
import type { ChosenImage } from './image-source';

/** A series of thousands of files is decoded in this time on a slow disk. */
const DECODE_WITHIN_MS = 600_000;
const FETCH_WITHIN_MS = 600_000;

export interface OpenedImage {
  session: string;
  /** The image as the server has it: NIfTI, its voxels in the order that points are counted in. */
  file: ArrayBuffer;
  /** A PNG, a JPEG: without a place in the patient. */
  isPicture: boolean;
  /** Sentences of the server about how it read the image. */
  warnings: string[];
}

/** Hears what happens now, and which part of it is done (0 to 1), where that is known. */
type Say = (what: string, fraction?: number) => void;

const PICTURES = ['png', 'jpeg', 'tiff', 'bmp'];

/** Uploads an image as a session, as clients do, and fetches it as NIfTI. */
export async function openImage(image: ChosenImage, say: Say, signal: AbortSignal): Promise<OpenedImage> {
  const { session_id: session, session_info: info } = await openSession(image, say, signal);
  say('Fetching the image as the server has it …');
  const response = await send(`session/${session}/image`, { deadlineMs: FETCH_WITHIN_MS, signal });
  const { meta, warnings } = info;
  return { session, file: await response.arrayBuffer(), isPicture: PICTURES.includes(meta.format), warnings };
}

/** Uploads an image as a new session. */
export async function openSession(image: ChosenImage, say: Say, signal: AbortSignal): Promise<NewSession> {
  if (image.files.length === 0) {
    say('Fetching the sample …');
    const response = await send(`samples/${encodeURIComponent(image.name)}`, { deadlineMs: FETCH_WITHIN_MS, signal });
    image.files = [new File([await response.blob()], image.name)];
  }
  const form = new FormData();
  for (const file of image.files) form.append('image', file, file.name);
  return uploadForm<NewSession>('session/?save_as=.nii', form, {
    method: 'PUT',
    answerWithinMs: DECODE_WITHIN_MS,
    signal,
    onProgress: (sent, total) =>
      sent < total ? say('Uploading …', sent / total) : say('The server reads the image …'),
  });
}

/** Ends a session; also while the page is left. */
export function closeSession(session: string): void {
  send(`session/${session}`, { method: 'DELETE', keepalive: true }).catch(() => undefined);
}
