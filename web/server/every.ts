/**
 * Does `work` now and again, `pauseMs` after it ended; not while the page is hidden, and at once when it is seen again.
 * @returns a function that ends it
 */
export function every(pauseMs: number, work: () => Promise<void>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = false;
  let ended = false;
  const run = async () => {
    clearTimeout(timer);
    if (ended || running || document.hidden) return;
    running = true;
    try {
      await work();
    } finally {
      running = false;
      if (!ended) timer = setTimeout(() => void run(), pauseMs);
    }
  };
  const seen = () => void run();
  document.addEventListener('visibilitychange', seen);
  void run();
  return () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', seen);
  };
}
