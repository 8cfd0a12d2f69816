import { createHash } from 'node:crypto';

/**
 * Under what an image of MONAI Label's datastore is kept: a hash, since the ID may name a patient. Two people who load the same sample send the
 * same ID, so their addresses and the ids of their programs are part of it.
 */
export function datastoreKey(address: string | undefined, client: unknown, image: string): string {
  return createHash('sha256')
    .update(JSON.stringify([address ?? '', typeof client === 'string' ? client : '', image]))
    .digest('hex');
}
