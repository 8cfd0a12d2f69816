import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

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
