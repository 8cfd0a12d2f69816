import { CliFailure, exitCodes, type ExitCode } from '../failure';
import { columns } from '../terminal';
import type { Call, Verb } from '../verb';

/** As `/health/ready` tells of it. */
export interface SharedMemoryUse {
  expected: boolean;
  used: boolean | null;
  reason: string;
  remedy?: string;
}

/** The line about tensors that go the slow way; none while all is well, or unknown. */
export function sharedMemoryLines(use: SharedMemoryUse | undefined): string[] {
  if (!use?.expected || use.used !== false) return [];
  return [
    `shared memory  not used, tensors go through gRPC: ${use.reason}`,
    ...(use.remedy ? [`  ${use.remedy}`] : []),
  ];
}

interface Ready {
  ready: boolean;
  triton: { live: boolean; reason?: string; shared_memory?: SharedMemoryUse };
  models: { name: string; state: string; reason?: string }[];
}

export const status: Verb = {
  name: 'status',
  usage: [''],
  operands: [0, 0],
  summary: 'tells whether server and Triton are ready; exit code 4 when they are not',
  flags: { live: { meaning: 'ask only whether the server answers, whatever Triton does' } },
  timeoutSeconds: 30,
  run: showStatus,
};

async function showStatus({ flags, server, terminal }: Call): Promise<ExitCode> {
  if (flags.has('live')) {
    await server.json('GET', '/health/live');
    terminal.result({ server: server.url, live: true }, [`${server.url}  live`]);
    return exitCodes.done;
  }
  const answer = await server.exchange('GET', '/health/ready');
  const state = parse(answer.text, server.url);
  const models = state.models.map(({ name, state: of, reason = '' }) => [name, of, reason]);
  terminal.result({ server: server.url, ...state }, [
    `${server.url}  ${state.ready ? 'ready' : 'not ready'}`,
    `Triton  ${state.triton.live ? 'live' : `away ${state.triton.reason ?? ''}`.trim()}`,
    ...sharedMemoryLines(state.triton.shared_memory),
    ...(models.length ? columns([['MODEL', 'STATE', ''], ...models]) : ['no models']),
  ]);
  return state.ready ? exitCodes.done : exitCodes.notReady;
}

function parse(text: string, url: string): Ready {
  try {
    const state = JSON.parse(text) as Ready;
    if (typeof state.ready === 'boolean' && Array.isArray(state.models)) return state;
  } catch {
    // Said below.
  }
  throw new CliFailure(`${url} has no /health/ready: is it an AIAA gateway?`);
}
