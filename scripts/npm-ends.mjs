import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 1000;

/**
 * Calls `ended` once the npm that runs this script is gone. npm passes signals to its shell alone, which dies of them and leaves the script running;
 * killed, it tells nobody.
 */
export function whenNpmEnds(ended) {
  // Whoever starts this script from another script of npm, in the background too, leaves that one's words in its environment.
  const isRunByNpm = process.env.npm_lifecycle_script?.includes('scripts/start.mjs');
  if (process.platform !== 'linux' || !isRunByNpm) return;
  const began = ancestors();
  const timer = setInterval(() => {
    if (ancestors() === began) return;
    clearInterval(timer);
    ended();
  }, LOOK_EVERY_MS);
  timer.unref();
}

/** The shell, if it did not become this script, and npm: ids of the two processes above this one. */
function ancestors() {
  const parent = process.ppid;
  try {
    // proc_pid_stat(5): the parent's id is the second field after the name, which is in brackets and may hold anything.
    const [, above] = readFileSync(`/proc/${parent}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return `${parent} ${above}`;
  } catch {
    return String(parent);
  }
}
