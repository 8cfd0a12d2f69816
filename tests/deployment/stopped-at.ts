import type { RmOptions } from 'node:fs';
import type fs from 'node:fs/promises';
import { join } from 'node:path';

/** What a killed process does not do any more. */
export class Stopped extends Error {}

/** Steps that change a disk or Triton; one of them can be the last one, or fail. */
export const steps = {
  taken: 0,
  /** The step before which the process dies, or which fails. @default none */
  stopAt: Infinity,
  /** `killed`: nothing happens after that step. `failed`: that step alone fails, as with a broken disk. */
  how: 'killed' as 'killed' | 'failed',
  begin(stopAt: number, how: 'killed' | 'failed'): void {
    Object.assign(steps, { taken: 0, stopAt, how });
  },
  end(): void {
    steps.begin(Infinity, 'killed');
  },
  /** @throws Stopped when this is the step */
  take(): void {
    steps.taken++;
    if (steps.how === 'killed' ? steps.taken >= steps.stopAt : steps.taken === steps.stopAt)
      throw Object.assign(new Stopped('stopped by the test'), { code: 'EIO' });
  },
  get isDead(): boolean {
    return steps.how === 'killed' && steps.taken >= steps.stopAt;
  },
};

const changing = ['writeFile', 'rename', 'rm', 'mkdir', 'link', 'copyFile', 'cp', 'chmod', 'utimes'] as const;

/** `node:fs/promises` whose changing functions are {@link steps}, and of which a dead process reaches nothing. */
export function stoppable(actual: typeof fs): typeof fs {
  const wrap =
    (name: string, isStep: boolean) =>
    (...given: unknown[]) => {
      try {
        if (isStep) steps.take();
        else if (steps.isDead) throw new Stopped('the process is dead');
      } catch (error) {
        return Promise.reject(error as Error);
      }
      return (actual[name as 'stat'] as (...given: unknown[]) => Promise<unknown>)(...given);
    };
  const functions = Object.entries(actual).filter(([, value]) => typeof value === 'function');
  const reached = Object.fromEntries(
    functions.map(([name]) => [name, wrap(name, (changing as readonly string[]).includes(name))]),
  ) as unknown as typeof fs;
  /** As the real one does it, a folder goes entry by entry. */
  const rm = async (path: string, options: RmOptions): Promise<void> => {
    const entries = options.recursive ? await reached.readdir(path).catch(() => []) : [];
    for (const entry of entries) await rm(join(path, entry), options);
    await reached.rm(path, options);
  };
  return { ...actual, ...reached, rm } as typeof fs;
}
