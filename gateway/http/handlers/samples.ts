import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Request, Response } from 'express';
import { fail } from '../../errors';

/** An image that everybody may try models on. */
export interface SampleImage {
  name: string;
  bytes: number;
  path: string;
}

/** `GET /samples`: names and sizes of the images of `--samples`, sorted by name. */
export function listSamples(places: readonly string[]) {
  return async function answerSamples(_request: Request, response: Response): Promise<void> {
    response.json((await findSamples(places)).map(({ name, bytes }) => ({ name, bytes })));
  };
}

/** `GET /samples/:name`: one of them, as it lies on the disk. */
export function getSample(places: readonly string[]) {
  return async function answerSample(request: Request, response: Response): Promise<void> {
    const asked = String(request.params.name);
    const samples = await findSamples(places);
    // By comparison with what is listed: what a caller names never becomes a path.
    const sample = samples.find(({ name }) => name === asked);
    if (!sample) throw fail('SAMPLE_NOT_FOUND', { sample: asked, known: samples.map(({ name }) => name).join(', ') || 'none' }); // prettier-ignore
    response.type('application/octet-stream');
    response.sendFile(sample.path, { dotfiles: 'allow', cacheControl: false });
  };
}

/**
 * The files of a list of files and folders; of two with the same name the first. What is not there is left out, so that a sample may be
 * fetched after the start.
 */
async function findSamples(places: readonly string[]): Promise<SampleImage[]> {
  const found = new Map<string, SampleImage>();
  for (const path of (await Promise.all(places.map(filesAt))).flat()) {
    const about = await stat(path).catch(() => undefined);
    const name = basename(path);
    if (about?.isFile() && !name.startsWith('.') && !found.has(name))
      found.set(name, { name, bytes: about.size, path });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function filesAt(place: string): Promise<string[]> {
  const names = await readdir(place).catch(() => undefined);
  return names ? names.map((name) => join(place, name)) : [place];
}
