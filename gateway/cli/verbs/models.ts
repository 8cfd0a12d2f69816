import type { z } from 'zod';
import type { DashboardData } from '../../contract/dashboard';
import type { Examined, Published, Readiness, StoredModel, removed } from '../../contract/models';
import { UsageError } from '../../flags';
import type { Connection } from '../connection';
import { CliFailure, exitCodes } from '../failure';
import { filePart, folderAsTar, formBody, textContent, type Content, type FormPart } from '../form-body';
import { loadTotalSegmentator, totalsegmentatorFlags } from '../totalsegmentator/load';
import { columns, megabytes, UploadProgress } from '../terminal';
import type { Verb } from '../verb';
import { sharedMemoryLines } from './state';

const pathOf = (name: string) => `/admin/model/${encodeURIComponent(name)}`;
const allModels = (server: Connection) => server.json<StoredModel[]>('GET', '/admin/model');

export const list: Verb = {
  name: 'list',
  summary: 'lists models with type, state and kept versions',
  flags: { names: { meaning: 'names alone, one a line' } },
  async run({ server, flags, terminal }) {
    const models = await allModels(server);
    const names = models.map(({ name }) => name);
    if (flags.has('names')) return terminal.result(names, names);
    const rows = models.map(({ name, type, state, reason, version, versions = [], download }) => {
      const kept = versions.map((one) => one.version).join(' ');
      return [name, type ?? '–', state, String(version ?? '–'), kept, download ? fetched(download) : reason];
    });
    const head = ['MODEL', 'TYPE', 'STATE', 'VERSION', 'KEPT', ''];
    terminal.result(models, rows.length ? columns([head, ...rows]) : ['no models']);
  },
};

function fetched({ bytes, total }: NonNullable<StoredModel['download']>): string {
  return total ? `${megabytes(bytes)} of ${megabytes(total)} MB fetched` : `${megabytes(bytes)} MB fetched`;
}

type Body = Content & { contentType: string };

const folder = {
  operands: ['DIR'],
  body: async ([path]: string[], choices: FormPart[]) =>
    formBody([...choices, { field: 'data', fileName: 'model.tar', content: await folderAsTar(path) }]),
};

/** Words after the name of the model: kind, its operands, and the request body that they make with the choices among what nnU-Net trained. */
const kinds: Record<
  string,
  { operands: string[]; body(operands: string[], choices: FormPart[]): Body | Promise<Body> }
> = {
  mmar: folder,
  nnunet: folder,
  zip: { operands: ['FILE'], body: ([file], choices) => formBody([...choices, filePart('data', file)]) },
  config: {
    operands: ['CONFIG', 'MODEL'],
    body: ([config, model], choices) => formBody([...choices, filePart('config', config), filePart('data', model)]),
  },
  pipeline: { operands: ['CONFIG'], body: ([config], choices) => formBody([...choices, filePart('config', config)]) },
  ngc: {
    operands: ['PATH', 'VERSION'],
    body: ([path, version]) => ({ ...textContent(JSON.stringify({ path, version })), contentType: 'application/json' }),
  },
};

export const load: Verb = {
  name: 'load',
  usage: [
    ...Object.entries(kinds).map(([kind, { operands }]) => ['NAME', kind, ...operands].join(' ')),
    'NAME totalsegmentator TASK',
  ],
  operands: [3, 4],
  summary: 'uploads a model and waits until Triton serves it',
  details: [
    'mmar: a folder, an MMAR or a MONAI bundle; nnunet: a results folder of nnU-Net; zip: the same packed (.zip, .tar, .tar.gz), or a Triton folder with its config inside;',
    'config: config_aiaa.json and the model file; pipeline: the config alone; ngc: fetched by the server;',
    'totalsegmentator: a task such as total or total-fast; its networks are fetched here, through the proxy of the environment, and loaded beside.',
  ],
  flags: {
    configuration: { value: 'NAME', meaning: 'of several that nnU-Net trained: 3d_fullres, 2d, … [the best]' },
    folds: { value: 'LIST', meaning: 'of nnU-Net: 0,1 or all [all that are numbered]' },
    precision: { value: 'fp32|fp16', meaning: "of nnU-Net's convolutions; fp16 is for GPUs, and not exact [fp32]" },
    mirroring: {
      value: 'on|off',
      meaning: 'whether a network of nnU-Net sees the image mirrored too [as it was trained]',
    },
    ...totalsegmentatorFlags,
  },
  timeoutSeconds: 5400,
  words: [...Object.keys(kinds), 'totalsegmentator'],
  async run(call) {
    const { operands, flags, server, terminal } = call;
    const [name, kind, ...rest] = operands;
    if (kind === 'totalsegmentator' && rest.length === 1) return loadTotalSegmentator(name, rest[0], call);
    if (!Object.hasOwn(kinds, kind))
      throw new UsageError(`load NAME "${kind}": expected ${[...Object.keys(kinds), 'totalsegmentator'].join(', ')}`);
    const { operands: wanted, body } = kinds[kind];
    if (rest.length !== wanted.length)
      throw new UsageError(`load NAME ${kind} takes ${wanted.join(' ')}, got ${rest.length} operand(s)`);
    const progress = new UploadProgress(terminal, `sending ${name}`, `loading ${name}`);
    if (kind === 'ngc')
      void progress.watch(async () => {
        const { download } = (await allModels(server)).find((model) => model.name === name) ?? {};
        return download ? `loading ${name}: ${fetched(download)}` : `loading ${name}`;
      });
    try {
      const choices = ['configuration', 'folds', 'precision', 'mirroring'].flatMap((field): FormPart[] => {
        const value = flags.get(field);
        return value === undefined ? [] : [{ field, content: textContent(value) }];
      });
      const options = { body: await body(rest, choices), onSent: progress.sent };
      const answer = await server.json<Published>('PUT', pathOf(name), options);
      progress.end();
      const { state, version, platform } = answer.triton;
      answer.warnings.forEach((warning) => terminal.note(`warning: ${warning}`));
      const head = `${name}  ${state}  version ${version}${platform ? `  ${platform}` : ''}`;
      terminal.result(answer, [head, ...aboutLines(answer)]);
    } finally {
      progress.end();
    }
  },
};

export const deleteModel: Verb = {
  name: 'delete',
  usage: ['NAME'],
  operands: [1, 1],
  summary: 'takes a model away, with all its versions, when running calls are done',
  details: ['On a terminal it asks first.'],
  flags: { yes: { short: 'y', meaning: 'do not ask' } },
  models: true,
  timeoutSeconds: 900,
  async run({ operands: [name], flags, server, terminal }) {
    if (!flags.has('yes') && !(await terminal.agrees(`Delete the model "${name}" with all its versions?`))) {
      terminal.note('nothing was deleted');
      return exitCodes.failed;
    }
    const answer = await server.json<z.infer<typeof removed>>('DELETE', pathOf(name));
    terminal.result(answer, [`deleted ${answer.removed}`]);
  },
};

export const doctor: Verb = {
  name: 'doctor',
  usage: ['[NAME …]'],
  operands: [0, 1000],
  summary: 'examines models on Triton: a trial run on zeros, labels against channels; all without a name',
  models: true,
  details: [
    'Exit code 1 when a model has errors. Warnings are not errors.',
    "Names what is wrong with the server, Triton's version and the advisories that hold for it (with the password of the dashboard).",
  ],
  timeoutSeconds: 900,
  async run({ operands, server, terminal }) {
    const names = operands.length ? operands : (await allModels(server)).map(({ name }) => name);
    const reports: Record<string, Findings> = {};
    for (const name of names) {
      terminal.progress(`examining ${name}`);
      reports[name] = await examine(name, server);
    }
    terminal.progress('');
    const lines = Object.entries(reports).flatMap(([name, { errors, warnings, about }]) => [
      `${name}  ${errors.length ? 'has errors' : warnings.length ? 'runs, with warnings' : 'is well'}`,
      ...aboutLines({ about }),
      ...errors.map((error) => `  error: ${error}`),
      ...warnings.map((warning) => `  warning: ${warning}`),
    ]);
    const { text } = await server.exchange('GET', '/health/ready');
    const { triton, tensorflow_triton: second } = JSON.parse(text) as Readiness;
    terminal.result(reports, [
      ...(await serverLines(server)),
      ...sharedMemoryLines(triton.shared_memory),
      ...sharedMemoryLines(second?.shared_memory),
      ...(lines.length ? lines : ['no models']),
    ]);
    return Object.values(reports).some(({ errors }) => errors.length > 0) ? exitCodes.failed : exitCodes.done;
  },
};

/** The server's problems, Triton's version and its known faults; an operator without the right to see them examines models all the same. */
async function serverLines(server: Connection): Promise<string[]> {
  try {
    const { live } = await server.json<DashboardData>('GET', '/v1/dashboard/data?hours=1');
    const { versions, advisories, tensorflow_triton: second, problems } = live;
    const wrong = problems.map(({ sentence, next_step }) => `problem: ${sentence}. ${next_step}`);
    return [
      ...wrong,
      ...versionLine('Triton', versions.triton, advisories),
      ...(second ? versionLine('Triton of TensorFlow models', second.version, second.advisories) : []),
    ];
  } catch (error) {
    if (error instanceof CliFailure && error.answer) return [`Triton  version not known: ${error.message}`];
    throw error;
  }
}

function versionLine(name: string, version: string | null, advisories: DashboardData['live']['advisories']): string[] {
  const faults = advisories?.map(({ ids, what, certain, source }) =>
    ['  ', certain ? '' : 'perhaps ', ids.length ? `${ids.join(', ')}: ` : '', `${what} (${source})`].join(''),
  );
  const known = faults?.length ? `has ${faults.length} known faults` : faults ? 'no known fault' : 'faults not known';
  return [`${name} ${version ?? '(version not known)'}  ${known}`, ...(faults ?? [])];
}

type Findings = Pick<Examined, 'errors' | 'warnings' | 'about'>;

const aboutLines = ({ about = [] }: Pick<Published, 'about'>) => about.map((fact) => `  ${fact}`);

/** A model that cannot be examined has that as its error; a server that is not there ends the command. */
async function examine(name: string, server: Connection): Promise<Findings> {
  try {
    return await server.json<Examined>('GET', `${pathOf(name)}?check=true`);
  } catch (error) {
    if (error instanceof CliFailure && error.answer) return { errors: [error.message], warnings: [] };
    throw error;
  }
}
