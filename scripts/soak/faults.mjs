import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const FROZEN_MS = 8000;
const FULL_MS = 8000;
const GOING = 30;
const LONGEST_STOP_MS = 30_000;

/** What is done to a server; each ends when its cause is gone, and what the server takes to recover is counted from then on. */
export const faults = {
  'Triton stopped': async ({ server }) => {
    const pid = server.triton();
    process.kill(pid, 'SIGTERM');
    for (const end = Date.now() + LONGEST_STOP_MS; server.triton() === pid && Date.now() < end;) await sleep(20);
  },
  'Triton killed': ({ server }) => process.kill(server.triton(), 'SIGKILL'),
  'Triton frozen': async ({ server }) => {
    const pid = server.triton();
    process.kill(pid, 'SIGSTOP');
    await sleep(FROZEN_MS);
    process.kill(pid, 'SIGCONT');
  },
  'gateway killed': ({ server }) => process.kill(server.gateway(), 'SIGKILL'),
  'disk full': async ({ server }) => {
    if (!server.disk) return;
    const file = join(server.disk, 'full');
    fill(file);
    await sleep(FULL_MS);
    rmSync(file);
  },
  'clients that go': async ({ clients, random }) => {
    await Promise.all(Array.from({ length: GOING }, () => clients.act(random, 'goes')));
  },
};

function fill(file) {
  const handle = openSync(file, 'w');
  try {
    for (;;) writeSync(handle, Buffer.alloc(2 ** 20));
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;
  } finally {
    closeSync(handle);
  }
}

/** Every kind as often as the others, in an order that chance chooses. */
export function* kindsOf(random) {
  for (;;) {
    const left = Object.keys(faults);
    while (left.length) yield left.splice(Math.floor(random() * left.length), 1)[0];
  }
}
