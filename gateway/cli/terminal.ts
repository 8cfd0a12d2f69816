/** What a command writes: results on stdout, everything for people's eyes only on stderr. */
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

  /** Draws over the progress line; an empty text takes it away. */
  progress(text: string): void {
    if (this.hasProgress) this.side.write(`\r\x1b[K${text.slice(0, (this.side.columns || 80) - 1)}`);
  }
}

/** Rows as columns of equal width, the first row being the head. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}
