import type { Terminal } from './terminal';

const BAR_WIDTH = 24;
const REDRAW_MS = 100;
const MEGABYTE = 2 ** 20;

/** `sending model.zip  [######······]  50 %  12.5 of 25.0 MB`. @param done, all bytes */
export function progressLine(what: string, done: number, all: number): string {
  const share = all > 0 ? Math.min(1, done / all) : 1;
  const filled = Math.round(share * BAR_WIDTH);
  const bar = '#'.repeat(filled) + '·'.repeat(BAR_WIDTH - filled);
  const amounts = `${(done / MEGABYTE).toFixed(1)} of ${(all / MEGABYTE).toFixed(1)} MB`;
  return `${what}  [${bar}]  ${String(Math.round(share * 100)).padStart(3)} %  ${amounts}`;
}

/** A bar while bytes go up, then the seconds that the server takes. Draws nothing where nobody looks. */
export class UploadProgress {
  private drawn = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly terminal: Terminal,
    private readonly what: string,
    private waitingFor: string,
  ) {}

  /** @param sent, all bytes */
  readonly sent = (sent: number, all: number): void => {
    if (!this.terminal.hasProgress || this.timer) return;
    if (sent < all && Date.now() - this.drawn < REDRAW_MS) return;
    this.drawn = Date.now();
    this.terminal.progress(progressLine(this.what, sent, all));
    if (sent >= all) this.wait();
  };

  /** Another text behind the seconds, for example how far a download is. */
  waitsFor(text: string): void {
    this.waitingFor = text;
  }

  /** Counts seconds until {@link end}. */
  wait(): void {
    const since = Date.now();
    this.timer ??= setInterval(
      () => this.terminal.progress(`${this.waitingFor}  ${Math.round((Date.now() - since) / 1000)} s`),
      1000,
    );
  }

  end(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.terminal.progress('');
  }
}
