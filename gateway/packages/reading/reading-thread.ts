import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { namedFolders, type NamedFolders } from '../../disk-errors';
import { fail, GatewayError, type ErrorData } from '../../errors';
import { TextError } from '../../text';
import type { Reading } from './reading';

/** Start-up data of the thread. */
export interface ReadingSettings {
  lib: string;
  folders: NamedFolders;
}

/** Questions to the thread, by number, and its answers. */
export type ToReading = { [K in keyof Reading]: { id: number; name: K; args: Parameters<Reading[K]> } }[keyof Reading];
export type FromReading = { id: number; result: unknown } | { id: number; error: ErrorData; stack?: string } | { id: number; textError: string }; // prettier-ignore

/** A thread without work ends after this: its memory goes back to the system. */
const IDLE_MS = 60_000;

/**
 * Reads models in a thread of its own, started when it is needed: a config of a megabyte, a directory of an archive or a graph of many nodes takes
 * seconds, in which the main thread answers others. It never keeps the process alive.
 * @param lib folder with the transforms that model authors brought
 */
export class ReadingThread implements Reading {
  private thread: Worker | undefined;
  private calls = 0;
  private readonly waiting = new Map<number, { resolve(result: never): void; reject(error: Error): void }>();
  private idle: NodeJS.Timeout | undefined;

  constructor(private readonly lib: string) {}

  readonly configText = this.calling('configText');
  readonly recognise = this.calling('recognise');
  readonly open = this.calling('open');
  readonly parse = this.calling('parse');
  readonly prepare = this.calling('prepare');
  readonly build = this.calling('build');

  private calling<K extends keyof Reading>(name: K): Reading[K] {
    const call = (...args: unknown[]) => {
      clearTimeout(this.idle);
      const thread = (this.thread ??= this.start());
      const id = this.calls++;
      return new Promise((resolve, reject) => {
        this.waiting.set(id, { resolve, reject });
        thread.postMessage({ id, name, args });
      });
    };
    return call as Reading[K];
  }

  private start(): Worker {
    const settings: ReadingSettings = { lib: this.lib, folders: namedFolders() };
    const thread = new Worker(join(__dirname, 'read-in-thread.js'), { workerData: settings, name: 'reading' });
    thread.unref();
    let reason = '';
    thread.on('message', (answer: FromReading) => this.settle(answer));
    thread.on('error', ({ message }) => (reason = message));
    thread.on('exit', () => {
      if (this.thread !== thread) return;
      this.thread = undefined;
      const what = `the thread that reads models ended (${reason || 'it was stopped'}); the model may be too large for the memory of this server`;
      for (const { reject } of this.waiting.values()) reject(fail('INTERNAL', { what }));
      this.waiting.clear();
    });
    return thread;
  }

  private settle(answer: FromReading): void {
    const call = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (this.waiting.size === 0) this.idle = setTimeout(() => this.end(), IDLE_MS).unref();
    if ('result' in answer) return call?.resolve(answer.result as never);
    if ('textError' in answer) return call?.reject(new TextError(answer.textError));
    const cause = answer.stack === undefined ? undefined : Object.assign(new Error(answer.error.message), answer);
    call?.reject(new GatewayError(answer.error, { cause }));
  }

  private end(): void {
    const { thread } = this;
    this.thread = undefined;
    void thread?.terminate();
  }
}
