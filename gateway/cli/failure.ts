/** Exit codes of `aiaa-gateway`, as the guide lists them. */
export const exitCodes = {
  done: 0,
  /** The server refused, or the work failed. */
  failed: 1,
  /** Unknown verb or flag, a missing or bad value: every UsageError. */
  usage: 2,
  /** Nothing answers at the server's address. */
  unreachable: 3,
  /** `status`: not ready. `stop`: nothing to stop. */
  notReady: 4,
  /** The deadline of the call passed. */
  late: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A failure with its exit code; the command prints the message, which is one sentence for a person. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure';
  constructor(
    message: string,
    readonly exitCode: ExitCode = exitCodes.failed,
    /** The server's own error, for `--json`. */
    readonly answer?: unknown,
  ) {
    super(message);
  }
}
