import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeImage } from '../../gateway/imaging/formats/decode';
import type { Volume } from '../../gateway/imaging/volume';
import type { Answer } from './client';

/** The volume in an answer's file. */
export async function answerFile({ image }: Answer): Promise<Volume> {
  const folder = mkdtempSync(path.join(tmpdir(), 'answer-'));
  try {
    const file = path.join(folder, 'result.nii.gz');
    writeFileSync(file, image!);
    return (await decodeImage(file, file)).volume;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
