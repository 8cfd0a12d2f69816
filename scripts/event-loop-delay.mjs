// Loaded before the gateway by scripts/fuzz.mjs: writes how long its main thread was held at most, in milliseconds, once a second.
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const path = process.env.EVENT_LOOP_DELAY_FILE;
if (isMainThread && path) {
  const delays = monitorEventLoopDelay({ resolution: 5 });
  // The start reads files and compiles code, and serves nobody yet.
  setTimeout(() => delays.enable(), 3000).unref();
  setInterval(() => {
    // Whoever reads it finds it whole.
    writeFileSync(`${path}.new`, JSON.stringify({ max: delays.max / 1e6, p99: delays.percentile(99) / 1e6 }));
    renameSync(`${path}.new`, path);
  }, 1000).unref();
}
