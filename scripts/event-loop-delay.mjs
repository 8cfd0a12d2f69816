// Loaded before the gateway by scripts/fuzz.mjs: writes how long its main thread was held at most, in milliseconds, once a second. What counts is processor
// time between two looks, so that other programs on the machine do not; `times` are the longest, with when they ended.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const path = process.env.EVENT_LOOP_DELAY_FILE;
const MOST_TIMES = 20;
if (isMainThread && path) {
  const delays = monitorEventLoopDelay({ resolution: 5 });
  const usedMs = () => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
  const times = [];
  // The start reads files and compiles code, and serves nobody yet.
  setTimeout(() => {
    delays.enable();
    let before = usedMs();
    setInterval(() => {
      const ms = usedMs() - before;
      before += ms;
      if (times.length === MOST_TIMES && ms <= times.at(-1).ms) return;
      times.push({ ms, at: Date.now() });
      times.sort((a, b) => b.ms - a.ms).splice(MOST_TIMES);
    }, 5).unref();
  }, 3000).unref();
  setInterval(() => {
    // Whoever reads it finds it whole.
    writeFileSync(`${path}.new`, JSON.stringify({ max: delays.max / 1e6, p99: delays.percentile(99) / 1e6, times }));
    renameSync(`${path}.new`, path);
  }, 1000).unref();
}
