import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { tellUnread } from './set-aside';

/** A gateway that runs on a workspace: `<workspace>/run/<host>-<pid>.json`. Several may share a workspace, on several machines. */
export interface RunFile {
  pid: number;
  /** When the process was started, as the system counts it: a pid alone may be another program's by now. */
  started: string;
  /** The process that looks after the gateway (`npm start`), and after its Triton. */
  starter?: { pid: number; started: string };
  host: string;
  urls: string[];
}

const folderOf = (workspace: string) => join(workspace, 'run');

/** Writes this process's run file. Returns what removes it. Files that killed gateways of this machine left are removed. */
export function writeRunFile(workspace: string, urls: string[]): () => void {
  const folder = folderOf(workspace);
  mkdirSync(folder, { recursive: true });
  runningGateways(workspace, tellUnread);
  const started = startOf(process.pid);
  // With a channel the parent is the script that started the gateway and ends with it.
  const parent = process.send ? startOf(process.ppid) : undefined;
  const path = join(folder, `${hostname()}-${process.pid}.json`);
  const starter = parent && { starter: { pid: process.ppid, started: parent } };
  const content: RunFile = { pid: process.pid, started: started ?? '', ...starter, host: hostname(), urls };
  writeFileSync(`${path}.new`, `${JSON.stringify(content)}\n`);
  renameSync(`${path}.new`, path);
  return () => rmSync(path, { force: true });
}

/**
 * Gateways of this machine that run on a workspace. Files of others that are gone are removed.
 * @param onUnread told the path of a file that cannot be read
 */
export function runningGateways(workspace: string, onUnread: (path: string) => void = () => undefined): RunFile[] {
  let names: string[] = [];
  try {
    names = readdirSync(folderOf(workspace)).filter((name) => name.endsWith('.json'));
  } catch {
    // Nothing ran there yet.
  }
  return names.flatMap((name) => {
    const path = join(folderOf(workspace), name);
    try {
      const file = JSON.parse(readFileSync(path, 'utf8')) as RunFile;
      if (typeof file.started !== 'string' || !(file.pid > 0)) throw new Error('fields are missing');
      if (file.host !== hostname()) return [];
      if (isRunning(file)) return [file];
    } catch {
      // It stays: nobody knows whose it is.
      onUnread(path);
      return [];
    }
    rmSync(path, { force: true });
    return [];
  });
}

/** True while the very process runs, not another one that got its number. */
export function isRunning({ pid, started }: { pid: number; started: string }): boolean {
  return Boolean(started) && startOf(pid) === started;
}

/**
 * When a process was started: process ids are used again, and this tells which one is meant. Ticks since boot on Linux, elsewhere as `ps` says it.
 * Undefined when the process is gone or a zombie.
 */
export function startOf(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux') {
      const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 5000 });
      return started.trim() || undefined;
    }
    // After the name in parentheses, which may hold anything: state is field 3, start time field 22 (proc(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : fields[18];
  } catch {
    return undefined;
  }
}
