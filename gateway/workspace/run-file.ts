import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { startOf } from './process-start';

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
  runningGateways(workspace);
  const started = startOf(process.pid);
  // With a channel the parent is the script that started the gateway and ends with it.
  const parent = process.send ? startOf(process.ppid) : undefined;
  const path = join(folder, `${hostname()}-${process.pid}.json`);
  const content: RunFile = {
    pid: process.pid,
    started: started ?? '',
    ...(parent && { starter: { pid: process.ppid, started: parent } }),
    host: hostname(),
    urls,
  };
  writeFileSync(`${path}.new`, `${JSON.stringify(content)}\n`);
  renameSync(`${path}.new`, path);
  return () => rmSync(path, { force: true });
}

/** Gateways of this machine that run on a workspace. Files of others that are gone are removed. */
export function runningGateways(workspace: string): RunFile[] {
  let names: string[] = [];
  try {
    names = readdirSync(folderOf(workspace)).filter((name) => name.endsWith('.json'));
  } catch {
    // Nothing ran there yet.
  }
  return names.flatMap((name) => {
    const path = join(folderOf(workspace), name);
    let file: RunFile;
    try {
      file = JSON.parse(readFileSync(path, 'utf8')) as RunFile;
      if (file.host !== hostname()) return [];
    } catch {
      return [];
    }
    if (isRunning(file)) return [file];
    rmSync(path, { force: true });
    return [];
  });
}

/** True while the very process runs, not another one that got its number. */
export function isRunning({ pid, started }: { pid: number; started: string }): boolean {
  return Boolean(started) && startOf(pid) === started;
}
