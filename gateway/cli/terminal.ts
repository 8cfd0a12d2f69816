import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const BAR_WIDTH = 24;
const REDRAW_MS = 100;
const MEGABYTE = 2 ** 20;

/** Output of a command: results on stdout, everything for people's eyes only on stderr. */
export class Terminal {
  constructor(
    /** `--json`: results are JSON, and nothing else is on stdout. */
    readonly json: boolean,
    private readonly out: NodeJS.WriteStream = process.stdout,
    private readonly side: NodeJS.WriteStream = process.stderr,
  ) {}

  /** A progress line can be drawn: somebody looks at it. */
  get hasProgress(): boolean {
    return !this.json && this.side.isTTY === true;
  }

  /** A result: JSON with `--json`, else the lines. */
  result(value: unknown, lines: readonly string[]): void {
    this.out.write(this.json ? `${JSON.stringify(value, null, 2)}\n` : lines.map((line) => `${line}\n`).join(''));
  }

  note(line: string): void {
    this.side.write(`${line}\n`);
  }

  /** Whether a person says yes; true without a question where nobody sits. */
  async agrees(question: string): Promise<boolean> {
    if (!this.hasProgress || !process.stdin.isTTY) return true;
    const asking = createInterface({ input: process.stdin, output: this.side });
    asking.on('SIGINT', () => process.exit(130));
    try {
      return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim());
    } finally {
      asking.close();
    }
  }

  /** Draws over the progress line; an empty text takes it away. */
  progress(text: string): void {
    if (this.hasProgress) this.side.write(`\r\x1b[K${text.slice(0, (this.side.columns || 80) - 1)}`);
  }
}

/** Rows as columns of equal width, the first row being the head. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const padded = rows.map((row) => row.map((text, column) => text.padEnd(widths[column])));
  return padded.map((row) => row.join('  ').trimEnd());
}

/** `sending model.zip  [######······]  50 %  12.5 of 25.0 MB`. @param done, all bytes */
export function progressLine(what: string, done: number, all: number): string {
  const share = all > 0 ? Math.min(1, done / all) : 1;
  const filled = Math.round(share * BAR_WIDTH);
  const bar = '#'.repeat(filled) + '·'.repeat(BAR_WIDTH - filled);
  return `${what}  [${bar}]  ${String(Math.round(share * 100)).padStart(3)} %  ${megabytes(done)} of ${megabytes(all)} MB`;
}

export const megabytes = (bytes: number) => (bytes / MEGABYTE).toFixed(1);

/** A bar while bytes are sent, then the seconds that the server takes. Draws nothing where nobody looks. */
export class UploadProgress {
  private drawn = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly ended = new AbortController();

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
    if (sent < all) return;
    const since = Date.now();
    const draw = () => this.terminal.progress(`${this.waitingFor}  ${Math.round((Date.now() - since) / 1000)} s`);
    this.timer = setInterval(draw, 1000);
  };

  /** Asks every second what the server is doing until {@link end}, and shows that beside the seconds. A failed question changes nothing. */
  async watch(ask: () => Promise<string | undefined>): Promise<void> {
    const { signal } = this.ended;
    while (this.terminal.hasProgress && !signal.aborted) {
      await sleep(1000, undefined, { signal }).catch(() => {});
      this.waitingFor = (await ask().catch(() => undefined)) ?? this.waitingFor;
    }
  }

  end(): void {
    this.ended.abort();
    clearInterval(this.timer);
    this.terminal.progress('');
  }
}
