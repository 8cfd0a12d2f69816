import { readdirSync, readFileSync } from 'node:fs';

/** Of Linux on every platform that Node runs on (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** Processor time in seconds of processes with all their descendants that run. @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
export function processorTime(pids) {
  const children = new Map();
  const ticks = new Map();
  for (const pid of readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    const fields = statOf(pid);
    if (!fields) continue;
    const parent = Number(fields[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
    ticks.set(pid, Number(fields[11]) + Number(fields[12]));
  }
  const sumOf = (pid) => (children.get(pid) ?? []).reduce((sum, child) => sum + sumOf(child), ticks.get(pid) ?? 0);
  return pids.reduce((sum, pid) => sum + sumOf(pid), 0) / TICKS_PER_SECOND;
}

/** Fields after the name, from the state on; undefined where the process has ended. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
