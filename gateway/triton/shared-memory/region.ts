import fs from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { status } from '@grpc/grpc-js';
import type { Channel } from '../channel';
import { rpcFailureOf } from '../rpc-failure';

/** Up to here a synchronous copy is quicker than a trip through the thread pool of a busy machine. */
const SYNC_UP_TO_BYTES = 4 << 20;
/** A thread that has other work meanwhile leaves copies from here on to another one. */
const BESIDE_FROM_BYTES = 1 << 20;
/** Pieces of longer copies; one system call moves 2 GiB at most. */
const PIECE_BYTES = 64 << 20;

/**
 * A file in `/dev/shm` that Triton maps too. Its size never changes: truncating a mapped file, or a page that cannot be allocated when
 * Triton writes to it, kills the server. So every page is written before Triton hears of it.
 */
export class Region {
  #registered = false;
  #removed = false;
  /** Bytes from the start that may hold tensors. */
  #used: number;

  private constructor(
    /** Name of the file, and of the region in Triton. */
    readonly name: string,
    readonly byteSize: number,
    private readonly file: string,
    private readonly handle: FileHandle,
  ) {
    this.#used = byteSize;
  }

  /**
   * Creates the file and writes all of it.
   * @param group see {@link shareWith}
   * @throws what the file system says, such as ENOSPC; nothing is left behind
   */
  static async create(directory: string, name: string, byteSize: number, group?: number): Promise<Region> {
    const file = path.join(directory, name);
    const handle = await open(file, 'wx+', 0o600);
    const region = new Region(name, byteSize, file, handle);
    try {
      await shareWith(group, handle);
      await region.clear();
      return region;
    } catch (error) {
      await region.remove();
      throw error;
    }
  }

  /** A request writes, or has Triton write, the first bytes of it. */
  use(byteSize: number): void {
    this.#used = Math.max(this.#used, byteSize);
  }

  /** Writes zeros over what requests left. */
  async clear(): Promise<void> {
    const zeros = new Uint8Array(Math.min(this.#used, SYNC_UP_TO_BYTES));
    for (let offset = 0; offset < this.#used; offset += zeros.length)
      await this.write(offset, zeros.subarray(0, this.#used - offset));
    this.#used = 0;
  }

  /** Copies `bytes` to `offset`; large copies leave the thread free meanwhile. @param how `beside`: those of a megabyte as well */
  write(offset: number, bytes: Uint8Array, how?: 'beside'): Promise<void> {
    return this.#copy(
      how === 'beside' ? BESIDE_FROM_BYTES : SYNC_UP_TO_BYTES,
      offset,
      bytes,
      fs.writeSync,
      async (...piece) => (await this.handle.write(...piece)).bytesWritten,
    );
  }

  /** Fills `into` from `offset`. */
  read(offset: number, into: Uint8Array): Promise<void> {
    return this.#copy(
      SYNC_UP_TO_BYTES,
      offset,
      into,
      fs.readSync,
      async (...piece) => (await this.handle.read(...piece)).bytesRead,
    );
  }

  /** The same at once: for pieces. */
  readNow(offset: number, into: Uint8Array): void {
    for (let done = 0; done < into.length;) {
      const count = fs.readSync(this.handle.fd, into, done, into.length - done, offset + done);
      if (count === 0) throw this.#endsBefore(offset + into.length);
      done += count;
    }
  }

  #endsBefore(byte: number): Error {
    return new Error(`${this.file} ends before ${byte}`);
  }

  async #copy(
    syncUpTo: number,
    offset: number,
    bytes: Uint8Array,
    sync: (fd: number, ...piece: Piece) => number,
    async: (...piece: Piece) => Promise<number>,
  ): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const piece = bytes.subarray(done, done + PIECE_BYTES);
      const place: Piece = [piece, 0, piece.length, offset + done];
      const count = bytes.length <= syncUpTo ? sync(this.handle.fd, ...place) : await async(...place);
      if (count === 0) throw this.#endsBefore(offset + bytes.length);
      done += count;
    }
  }

  /**
   * Makes Triton map the file, unless it does already. Always at offset 0, since Triton applies another one twice.
   * @param again when Triton has lost the region, for example by a restart
   */
  async register(channel: Channel, again = false): Promise<void> {
    if (this.#registered && !again) return;
    const request = { name: this.name, key: this.name, byte_size: this.byteSize };
    try {
      await channel.call('SystemSharedMemoryRegister', request);
    } catch (error) {
      if (rpcFailureOf(error)?.code !== status.ALREADY_EXISTS) throw error;
      // Only this gateway can have made the file of this name, so the other registration is a dead one's.
      await channel.call('SystemSharedMemoryUnregister', { name: this.name });
      await channel.call('SystemSharedMemoryRegister', request);
    }
    this.#registered = true;
  }

  /** @returns false when Triton still uses the region, or does not answer: try again later */
  async unregister(channel: Channel): Promise<boolean> {
    if (!this.#registered) return true;
    try {
      await channel.call('SystemSharedMemoryUnregister', { name: this.name });
    } catch (error) {
      if (rpcFailureOf(error)?.code !== status.NOT_FOUND) return false;
    }
    this.#registered = false;
    return true;
  }

  /** Removes the file; what Triton has mapped of it stays valid until it is unregistered. */
  async remove(): Promise<void> {
    if (this.#removed) return;
    this.#removed = true;
    await this.handle.close();
    await unlink(this.file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

/** Lets Triton use a file of shared memory: by its group where it is another user, else as the same user. */
export async function shareWith(group: number | undefined, handle: FileHandle): Promise<void> {
  if (group !== undefined) await handle.chown(process.getuid!(), group);
  await handle.chmod(group === undefined ? 0o600 : 0o660);
}

type Piece = [buffer: Uint8Array, offset: number, length: number, position: number];
