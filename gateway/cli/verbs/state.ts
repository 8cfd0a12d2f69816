import { setTimeout as sleep } from 'node:timers/promises';
import type { Readiness } from '../../contract/models';
import { isRunning, runningGateways, type RunFile } from '../../workspace/run-file';
import { CliFailure, exitCodes } from '../failure';
import { columns } from '../terminal';
import type { Verb } from '../verb';

export const status: Verb = {
  name: 'status',
  summary: 'tells whether server and Triton are ready; exit code 4 when they are not',
  flags: { live: { meaning: 'ask only whether the server answers, even without Triton' } },
  async run({ flags, server, terminal }) {
    if (flags.has('live')) {
      await server.json('GET', '/health/live');
      terminal.result({ server: server.url, live: true }, [`${server.url}  live`]);
      return exitCodes.done;
    }
    const { text } = await server.exchange('GET', '/health/ready');
    const { ready, triton, tensorflow_triton: second, models } = parse(text, server.url);
    const rows = models.map(({ name, state, reason = '' }) => [name, state, reason]);
    terminal.result({ server: server.url, ready, triton, tensorflow_triton: second, models }, [
      `${server.url}  ${ready ? 'ready' : 'not ready'}`,
      `Triton  ${triton.live ? 'live' : 'away'}`,
      ...sharedMemoryLines(triton.shared_memory),
      ...(second ? [`Triton of TensorFlow models  ${second.live ? 'live' : 'away'}`] : []),
      ...sharedMemoryLines(second?.shared_memory),
      ...(rows.length ? columns([['MODEL', 'STATE', ''], ...rows]) : ['no models']),
    ]);
    return ready ? exitCodes.done : exitCodes.notReady;
  },
};

function parse(text: string, url: string): Readiness {
  try {
    const state = JSON.parse(text) as Readiness;
    if (typeof state.ready === 'boolean' && Array.isArray(state.models)) return state;
  } catch {
    // Said below.
  }
  throw new CliFailure(`${url} has no /health/ready: is it an AIAA gateway?`);
}

/** Lines about tensors that go the slow way; none while all is well, or unknown. */
export function sharedMemoryLines(use: Readiness['triton']['shared_memory'] | undefined): string[] {
  if (!use?.expected || use.used !== false) return [];
  const sentence = `shared memory  not used, tensors go through gRPC: ${use.reason}`;
  return use.remedy ? [sentence, `  ${use.remedy}`] : [sentence];
}

export const stop: Verb = {
  name: 'stop',
  usage: ['[--workspace DIR]'],
  summary: 'ends the server of a workspace on this machine: running jobs finish first',
  details: ['The process is known by its start time too, so that another program that got its number is left alone.'],
  timeoutSeconds: 60,
  async run({ workspace, timeoutSeconds, terminal }) {
    const running = runningGateways(workspace);
    if (running.length === 0)
      throw new CliFailure(`no server of this machine runs on ${workspace}`, exitCodes.notReady);
    running.forEach(({ pid }) => process.kill(pid, 'SIGTERM'));
    // With a starter the server has ended when that has: it takes Triton along.
    const left = () => running.filter((one) => isRunning(one) || (one.starter && isRunning(one.starter)));
    for (const end = Date.now() + timeoutSeconds * 1000; left().length > 0; await sleep(50))
      if (Date.now() > end)
        throw new CliFailure(`${pids(left())} still runs after ${timeoutSeconds} s (--timeout)`, exitCodes.late);
    terminal.result(
      { stopped: running.map(({ pid, urls }) => ({ pid, urls })) },
      running.map(({ pid, urls }) => `stopped ${urls.join(', ')} (pid ${pid})`),
    );
  },
};

const pids = (files: RunFile[]) => files.map(({ pid }) => `pid ${pid}`).join(', ');
