import type { Channel } from './channel';
import type { StatisticDuration } from './protocol';

/** Whether Triton is there, and when it comes and goes. */
export class Health {
  constructor(readonly channel: Channel) {}

  /** True when the server process answers and is not stopping; models say for themselves whether they are ready. Never throws. */
  isLive(): Promise<boolean> {
    return this.channel.call('ServerLive', {}).then(
      ({ live }) => live === true,
      () => false,
    );
  }

  /** Name, version and extensions; shared memory is listed even where it is switched off. @throws TRITON_UNAVAILABLE, TRITON_TIMEOUT */
  serverMetadata(): Promise<{ name: string; version: string; extensions: string[] }> {
    return this.channel.call('ServerMetadata', {});
  }

  /**
   * Asks every `intervalMs` milliseconds, after the last answer, and tells `onChange` the first result and every change.
   *
   * A connection that broke between two questions counts as a change to false and back: a restarted Triton has forgotten its models, and
   * may be up again before the next question.
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
      if (stopped) return;
      onAnswer(live);
      tell(live);
      timer = setTimeout(() => void ask(), intervalMs).unref();
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

/** Triton's counts for one version of a model since it was loaded. */
export interface ModelCounts {
  model: string;
  version: string;
  inferences: number;
  /** Bad requests count nowhere. */
  failures: number;
  /** Means over the successful requests, in milliseconds. */
  queueMs: number;
  computeMs: number;
}

/** Counts of all versions that are loaded, or of one model. */
export async function modelCounts(channel: Channel, model = ''): Promise<ModelCounts[]> {
  const { model_stats } = await channel.call('ModelStatistics', { name: model }, { model: model || undefined });
  return model_stats.map(({ name, version, inference_count = 0, inference_stats: stats }) => ({
    model: name,
    version,
    inferences: inference_count,
    failures: stats?.fail?.count ?? 0,
    queueMs: meanMs(stats?.queue),
    computeMs: meanMs(stats?.compute_input) + meanMs(stats?.compute_infer) + meanMs(stats?.compute_output),
  }));
}

const meanMs = ({ count = 0, ns = 0 }: StatisticDuration = {}): number => (count ? ns / count / 1e6 : 0);
