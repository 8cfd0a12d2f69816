import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, runningGateways, type RunFile } from '../../workspace/run-file';
import { CliFailure, exitCodes, type ExitCode } from '../failure';
import type { Call, Verb } from '../verb';

export const stop: Verb = {
  name: 'stop',
  usage: ['[--workspace DIR]'],
  operands: [0, 0],
  summary: 'ends the server of a workspace on this machine: running jobs finish first',
  details: ['The process is known by its start time too, so that another program that got its number is left alone.'],
  timeoutSeconds: 60,
  run: runStop,
};

async function runStop({ flags, terminal }: Call): Promise<ExitCode> {
  const workspace = resolve(flags.get('workspace') ?? 'workspace');
  const running = runningGateways(workspace);
  if (running.length === 0) throw new CliFailure(`no server of this machine runs on ${workspace}`, exitCodes.notReady);
  const timeoutSeconds = Number(flags.get('timeout') ?? stop.timeoutSeconds);
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
  return exitCodes.done;
}

const pids = (files: RunFile[]) => files.map(({ pid }) => `pid ${pid}`).join(', ');
