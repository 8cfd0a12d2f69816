import { type Log, type TritonOptions, createTriton } from './triton';

/** The settings that say how to reach Triton. */
export interface TransportSettings {
  triton_url: string;
  shared_memory: 'auto' | 'on' | 'off';
  /** For all workers together. */
  shared_memory_mb: number;
  workers: number;
  /** Seconds. */
  inference_timeout: number;
  load_timeout: number;
}

/**
 * Options for the Triton clients of all threads; once at start, in the main thread. Removes what killed gateways left in shared memory, and logs how
 * tensors will travel. A Triton that is not up yet is no error: with `auto` each thread probes again when it has large tensors.
 * @returns options that can be sent to worker threads
 */
export async function chooseTransport(settings: TransportSettings, log: Log): Promise<Omit<TritonOptions, 'log'>> {
  const options: Omit<TritonOptions, 'log'> = {
    url: settings.triton_url,
    deadlines: { infer: settings.inference_timeout * 1000, load: settings.load_timeout * 1000 },
    sharedMemory: settings.shared_memory,
    regions: { maxBytes: (settings.shared_memory_mb * 2 ** 20) / settings.workers },
  };
  const triton = createTriton(options);
  try {
    const removed = await triton.sweepSharedMemory();
    if (removed.length) log('info', 'removed shared memory of gateways that were killed', { regions: removed });
    if (await triton.health.isLive()) {
      const { available, reason } = await triton.sharedMemory();
      log(available || settings.shared_memory === 'off' ? 'info' : 'warn', `large tensors go through ${available ? 'shared memory' : 'gRPC messages'}`, { reason });
    }
    return options;
  } finally {
    await triton.close();
  }
}
