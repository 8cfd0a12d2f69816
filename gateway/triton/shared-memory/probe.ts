import { randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { status } from '@grpc/grpc-js';
import { type GatewayError, messageOf } from '../../errors';
import type { Channel } from '../channel';
import { rpcFailureOf } from '../rpc-failure';
import { shareWith } from './region';

export interface SharedMemoryProbe {
  available: boolean;
  /** One sentence for the log and the dashboard. */
  reason: string;
  /** Advice for an operator; none where it is available or switched off. */
  remedy?: string;
}

const ONE_FOLDER =
  'Give gateway and Triton one /dev/shm that both users may write (docker compose: the volume as shm:/dev/shm:nocopy), and the group of Triton with --triton_group where it is another user; where Triton is on another host on purpose, set --shared_memory off';

const PAGE_BYTES = 4096;

/**
 * Finds out whether gateway and Triton see the same `/dev/shm`. Never throws.
 *
 * The proof needs no model: a file with a random name is one page long, and Triton must refuse to map two pages of it.
 * Then the file grows by a page, and Triton must agree to the very same call. Only a server that looks at this very
 * file can answer both times right: one on another host finds no file of that name, and one that does not look would
 * not change its mind.
 */
export async function probeSharedMemory(
  channel: Channel,
  { directory = '/dev/shm', group }: { directory?: string; group?: number } = {},
): Promise<SharedMemoryProbe> {
  const name = `aiaa_gateway_${process.pid}_probe_${randomUUID()}`;
  const file = path.join(directory, name);
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await shareWith(group, handle);
      await handle.write(new Uint8Array(PAGE_BYTES));
      const tooShort = await register(channel, name);
      if (tooShort === undefined) return no('the server registers memory without looking at it');
      if (rpcFailureOf(tooShort)?.code !== status.INVALID_ARGUMENT) return explain(tooShort);
      await handle.write(new Uint8Array(PAGE_BYTES));
      const long = await register(channel, name);
      return long === undefined
        ? { available: true, reason: 'Triton sees the memory of the gateway' }
        : no(messageOf(long));
    } finally {
      await handle.close();
      await channel.call('SystemSharedMemoryUnregister', { name }).catch(() => undefined);
      await unlink(file);
    }
  } catch (error) {
    return no(`the gateway cannot use ${directory}: ${messageOf(error)}`, ONE_FOLDER);
  }

  function explain(error: GatewayError): SharedMemoryProbe {
    const failure = rpcFailureOf(error);
    if (failure?.code === status.UNIMPLEMENTED)
      return no(`switched off in Triton: ${failure.details}`, 'Start Triton with --allow-client-shm=true');
    if (failure?.code !== status.INTERNAL) return no(messageOf(error));
    return no(
      `Triton does not see the gateway's ${directory} (another host, a container without a shared ipc namespace, or another user): ${failure.details}`,
      ONE_FOLDER,
    );
  }
}

/** @returns the failure, undefined on success */
async function register(channel: Channel, name: string): Promise<GatewayError | undefined> {
  return channel.call('SystemSharedMemoryRegister', { name, key: name, byte_size: 2 * PAGE_BYTES }).then(
    () => undefined,
    (error: GatewayError) => error,
  );
}

function no(reason: string, remedy?: string): SharedMemoryProbe {
  return { available: false, reason, ...(remedy && { remedy }) };
}
