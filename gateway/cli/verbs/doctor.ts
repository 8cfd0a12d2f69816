import { CliFailure, exitCodes, type ExitCode } from '../failure';
import type { Call, Verb } from '../verb';
import { sharedMemoryLines, type SharedMemoryUse } from './status';

interface Examined {
  warnings: string[];
  errors: string[];
  dry_run?: { milliseconds?: number };
}

interface Readiness {
  triton: { shared_memory?: SharedMemoryUse };
}

export const doctor: Verb = {
  name: 'doctor',
  usage: ['[NAME …]'],
  operands: [0, 1000],
  summary: 'examines models on Triton: a trial run on zeros, labels against channels; all without a name',
  details: ['Exit code 1 when a model has errors. Warnings are no errors.'],
  timeoutSeconds: 900,
  run: examine,
};

async function examine({ operands, server, terminal }: Call): Promise<ExitCode> {
  const names = operands.length
    ? operands
    : (await server.json<{ name: string }[]>('GET', '/admin/model')).map(({ name }) => name);
  const reports: Record<string, Examined | { errors: string[]; warnings: string[] }> = {};
  for (const name of names) {
    terminal.progress(`examining ${name}`);
    reports[name] = await examineOne(name, server);
  }
  terminal.progress('');
  const lines = Object.entries(reports).flatMap(([name, { errors, warnings }]) => [
    `${name}  ${errors.length ? 'has errors' : warnings.length ? 'runs, with warnings' : 'is well'}`,
    ...errors.map((error) => `  error: ${error}`),
    ...warnings.map((warning) => `  warning: ${warning}`),
  ]);
  const { triton } = await server.exchange('GET', '/health/ready').then(({ text }) => JSON.parse(text) as Readiness);
  terminal.result(reports, [...sharedMemoryLines(triton.shared_memory), ...(lines.length ? lines : ['no models'])]);
  return Object.values(reports).some(({ errors }) => errors.length > 0) ? exitCodes.failed : exitCodes.done;
}

/** A model that cannot be examined has that as its error; a server that is not there ends the command. */
async function examineOne(name: string, server: Call['server']): Promise<Examined> {
  try {
    return await server.json<Examined>('GET', `/admin/model/${encodeURIComponent(name)}?check=true`);
  } catch (error) {
    if (error instanceof CliFailure && error.answer) return { errors: [error.message], warnings: [] };
    throw error;
  }
}
