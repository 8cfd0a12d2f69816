import type { Channel } from './channel';

export interface ServerMetadata {
  name: string;
  version: string;
  /** What the build supports; shared memory is listed even where it is switched off (`triton.md` §1.2). */
  extensions: string[];
}

/** Whether Triton is there, and when it comes and goes. */
export class Health {
  constructor(readonly channel: Channel) {}

  /**
   * True when the server process answers and is not stopping; models say for themselves whether they are ready. Never
   * throws.
   */
  async isLive(): Promise<boolean> {
    try {
      return (await this.channel.call('ServerLive', {})).live === true;
    } catch {
      return false;
    }
  }

  /** Name, version and extensions. @throws TRITON_UNAVAILABLE, TRITON_TIMEOUT */
  serverMetadata(): Promise<ServerMetadata> {
    return this.channel.call('ServerMetadata', {});
  }

  /**
   * Asks every `intervalMs` milliseconds, after the last answer, and tells `onChange` the first result and every
   * change.
   *
   * A connection that broke between two questions counts as a change to false and back: a restarted Triton has
   * forgotten its models (`triton.md` §3.6), and may be up again before the next question.
   * @param onAnswer hears every answer, changed or not
   * @returns stops watching
   */
  watchLiveness(
    intervalMs: number,
    onChange: (live: boolean) => void,
    onAnswer: (live: boolean) => void = () => {},
  ): () => void {
    let known: boolean | undefined;
    let stopped = false;
    let timer: NodeJS.Timeout | undefined;
    const tell = (live: boolean): void => {
      if (stopped || live === known) return;
      known = live;
      onChange(live);
    };
    const ask = async (): Promise<void> => {
      const live = await this.isLive();
      if (!stopped) onAnswer(live);
      tell(live);
      if (!stopped) timer = setTimeout(() => void ask(), intervalMs).unref();
    };
    const ignoreLosses = this.channel.onConnectionLost(() => tell(false));
    void ask();
    return () => {
      stopped = true;
      clearTimeout(timer);
      ignoreLosses();
    };
  }
}
