import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { flagLines, helpOf, parseFlagsOnly, UsageError, type FlagTable } from './flags';

// Kinds of values, with their defaults; `bool` is false, and what is optional has none. Each reads text, and `value` is how the help spells it.

const bool = z
  .stringbool({ truthy: ['true', '1', 'yes'], falsy: ['false', '0', 'no'], error: 'expected true or false' })
  .default(false)
  .meta({ value: 'BOOL' });

/** A password or a key: it may also come from a file. */
const SECRET = 'TEXT';

const anyText = z.string().min(1, 'expected a text');
const text = (value: string, fallback: string) => anyText.default(fallback).meta({ value });
/** Names, addresses or origins, comma separated; none by default. */
const list = (value: string) => z.string().default('').meta({ value });
const optionalText = (value: string) => anyText.optional().meta({ value });

const matching = (value: string, pattern: RegExp, error: string, fallback: string) =>
  z.string().regex(pattern, error).default(fallback).meta({ value });

const anyPath = z
  .string()
  .min(1, 'expected a path')
  .transform((text) => resolve(text));
const folder = (fallback: string) => anyPath.default(() => resolve(fallback)).meta({ value: 'DIR' });
const optionalFile = anyPath.optional().meta({ value: 'FILE' });

function anyNumber(min: number, max: number) {
  const message = `expected a number from ${min} to ${max}`;
  const digits = z.string().regex(/^-?\d+(\.\d+)?$/, message);
  return digits.transform(Number).pipe(z.number().min(min, message).max(max, message));
}
const number = (value: string, min: number, max: number, fallback: number) =>
  anyNumber(min, max).default(fallback).meta({ value });
const optionalPort = anyNumber(0, 65535).optional().meta({ value: 'PORT' });

const oneOf = <const T extends string>(value: string, names: readonly T[], fallback: NoInfer<T>) =>
  z
    .enum(names, { error: `expected ${names.slice(0, -1).join(', ')} or ${names.at(-1)}` })
    .default(fallback as never)
    .meta({ value });

const webUrl = z
  .string()
  .refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), 'expected http(s)://host[:port][/path]')
  .optional()
  .meta({ value: 'URL' });

const tritonUrl = () =>
  z
    .string()
    .regex(
      /^grpcs?:\/\/(\[[\da-f:.]+\]|[^/\s:]+):\d+$/i,
      'expected grpc://host:port, for example grpc://127.0.0.1:8001',
    );

const proxies = z
  .string()
  .refine(
    (list) => list.split(',').every((entry) => isProxy(entry.trim())),
    'expected addresses or ranges such as 10.0.0.7, 10.0.0.0/8 or loopback',
  )
  .optional()
  .meta({ value: 'LIST' });

function isProxy(entry: string): boolean {
  const [address, prefix, ...rest] = entry.split('/');
  if (['loopback', 'linklocal', 'uniquelocal'].includes(entry)) return true;
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return (
    bits > 0 && rest.length === 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
  );
}

/** Every setting of the gateway, once: its flag is `--name`, its environment variable `AIAA_NAME`. Flags keep AIAA's names where AIAA had them. */
const schemas = {
  // AIAA's own
  workspace: folder('workspace').describe('models, sessions, logs and uploads live here'),
  host: text('ADDRESS', '127.0.0.1').describe(
    'address to listen on; 0.0.0.0 lets other machines in (the images listen there)',
  ),
  port: number('PORT', 0, 65535, 5000).describe('port to listen on; 0 takes a free one'),
  debug: bool.describe('log at level debug and put stack traces into the log'),
  monitor: bool.describe(
    'add memory and queue length to the log line of every request; /metrics and the dashboard are always there, and the compose profile "monitoring" starts Prometheus and Grafana',
  ),
  aiaa_defaults: bool.describe(
    "AIAA's openness in place of the defaults here: everybody may change models and read log, jobs and metrics, pages of every origin may send images, --host is 0.0.0.0, and the dashboard has the password admin/admin; --hosts and --pacs_hosts still have to name what is allowed",
  ),
  hosts: list('HOSTS').describe(
    'names of this server besides localhost and those of the machine, comma separated; *.example.org is every name below, * any name; requests to another name are answered with 421',
  ),
  client_hosts: text('LIST', '*').describe(
    'addresses or CIDR ranges that may call models and use sessions, comma separated; * is everybody',
  ),
  metrics_hosts: list('LIST').describe(
    'addresses or CIDR ranges that may read /metrics without a password, comma separated',
  ),
  container: bool.describe(
    'ask programs on this machine for the password too: a published port, or a proxy that does not say that it is one, shows every client as one of them; set in the images',
  ),
  admin_hosts: text('LIST', '*').describe(
    'addresses or CIDR ranges that may use /admin, with the password, comma separated; * is everybody',
  ),
  admin_user: optionalText('NAME').describe(
    'an operator besides those of npm run password (HTTP basic authentication); needs --admin_password',
  ),
  admin_password: optionalText(SECRET).describe(
    'password of --admin_user; better given as AIAA_ADMIN_PASSWORD than on the command line',
  ),
  trust_proxy: proxies.describe(
    'reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses or CIDR ranges, comma separated, or loopback, linklocal, uniquelocal',
  ),
  cors_origins: list('LIST').describe(
    "origins of web pages that may call this server besides its own, such as OHIF's or XNAT's, comma separated; * is every page, except for what operators do and for series from a PACS, which need its origin named",
  ),
  root_path: z
    .string()
    .regex(/^(\/[\w.~-]+)*\/?$/, 'expected a path such as /aiaa')
    .transform((path) => path.replace(/\/$/, ''))
    .default('')
    .meta({ value: 'PATH' })
    .describe(
      'path that the server has behind a reverse proxy, such as /aiaa: it is stripped from requests and is part of the URLs that the server shows',
    ),
  ssl: bool.describe(
    'serve https on --port, or on --ssl_port beside plain http; needs --ssl_cert_file and --ssl_pkey_file',
  ),
  ssl_port: optionalPort.describe(
    'port for https, while --port stays plain http for clients without TLS (MITK); needs --ssl true; 0 takes a free one',
  ),
  ssl_cert_file: optionalFile.describe('certificate chain (PEM)'),
  ssl_pkey_file: optionalFile.describe('private key (PEM)'),
  // Triton
  triton_url: tritonUrl()
    .default('grpc://127.0.0.1:8001')
    .meta({ value: 'URL' })
    .describe('where Triton listens for gRPC'),
  triton_restarts: bool.describe(
    'Triton is started again by itself when it ends, as npm start, compose and Kubernetes do: advice to operators is to wait then, not to start it',
  ),
  triton_proxy: bool.describe(
    'reach Triton through the proxy that grpc_proxy, https_proxy or http_proxy of the environment names; without it Triton is called directly',
  ),
  model_repository: folder('triton-model-repo').describe(
    'the folder that Triton serves; the gateway writes models into it',
  ),
  tensorflow_triton_url: tritonUrl()
    .or(z.literal('').transform(() => undefined))
    .optional()
    .meta({ value: 'URL' })
    .describe(
      'second Triton, for TensorFlow models alone: release 25.02 is the last that has them; without it they go to --triton_url',
    ),
  tensorflow_model_repository: anyPath
    .optional()
    .meta({ value: 'DIR' })
    .describe('the folder that the second Triton serves'),
  triton_group: anyNumber(0, 4_294_967_294)
    .optional()
    .meta({ value: 'GID' })
    .describe(
      'group of a Triton that runs as another user, and that the gateway is a member of: it may read the model repository (0750, 0640) and use shared memory (0660), others neither; without it Triton is the same user, and nobody else may read the repository',
    ),
  keep_versions: number('N', 1, 1000, 3).describe(
    'versions of a model that are kept on the disk, the serving version included; PATCH {"version": N} goes back to one',
  ),
  auto_reload: bool.describe(
    'share the workspace with other gateways that have it too: each follows what the others change in the models; without it a second gateway on a workspace does not start',
  ),
  shared_memory: oneOf('MODE', ['auto', 'off'], 'auto').describe(
    'send large tensors through /dev/shm: auto, when a probe shows that Triton sees it, or off',
  ),
  shared_memory_mb: number('MB', 1, 1_000_000, 4096).describe(
    'most memory of /dev/shm that is kept for tensors, over all workers; the thread that is for clicks alone may keep as much as one of them beside',
  ),
  triton_metrics_url: webUrl.describe(
    "Triton's metrics, such as http://triton:8002/metrics: shown on the dashboard and under /metrics/triton; npm start knows those of the Triton it starts",
  ),
  tensorflow_triton_metrics_url: webUrl.describe(
    'metrics of the second Triton: shown on the dashboard and under /metrics/triton?server=tensorflow',
  ),
  inference_timeout: number('SECONDS', 1, 86_400, 600).describe('deadline of one call to a model'),
  load_timeout: number('SECONDS', 1, 86_400, 1200).describe('deadline for loading a model'),
  // The gateway
  workers: number('N', 1, 256, Math.min(4, availableParallelism())).describe(
    'jobs that run at the same time, each in a thread of its own',
  ),
  queue_size: number('N', 0, 100_000, 32).describe('jobs that may wait; one more is answered with 503'),
  max_upload_mb: number('MB', 1, 1_000_000, 4096).describe('largest upload'),
  header_timeout: number('SECONDS', 0.1, 86_400, 60).describe('how long the head of a request may take to arrive'),
  stall_timeout: number('SECONDS', 0.1, 86_400, 60).describe(
    'longest pause in the middle of a request body; then it is answered with 408. As long may a client not read its answer; then its connection is closed',
  ),
  request_timeout: number('SECONDS', 0.1, 86_400, 3600).describe(
    'how long a whole request may take to arrive, however steadily it comes',
  ),
  max_volume_mvoxels: number('MILLIONS', 0.001, 4000, 1024).describe(
    'most voxels, in millions, that resampling and padding to the window may make of one image: a header that claims huge voxels asks for any number',
  ),
  memory_budget: anyNumber(64, 100_000_000)
    .optional()
    .meta({ value: 'MB' })
    .describe(
      'memory in MB that all jobs may take together: each states what it will need before it decodes its image, and waits for it; one that needs more is answered with 413',
    ),
  max_unpacked_mb: number('MB', 1, 1_000_000, 16_384).describe('most that an uploaded archive may unpack to'),
  max_archive_entries: number('N', 1, 1_000_000, 20_000).describe('most files and folders in an uploaded archive'),
  allow_code_models: bool.describe(
    'take models that do more than compute or cannot be looked into (Python, libraries, operations on files, TensorRT plans): whoever may upload then runs code on the Triton server',
  ),
  resampling: oneOf('RULE', ['half-pixel', 'align-corners', 'monai'], 'half-pixel').describe(
    'how Clara 3.x resampling transforms place voxels (docs/reference/transforms.md)',
  ),
  nifti_units: oneOf('RULE', ['convert', 'ignore'], 'convert').describe(
    'lengths of a NIfTI image whose header names metres or micrometres: turned into millimetres, or taken as if they were',
  ),
  clara_windows: oneOf('RULE', ['clara', 'monai'], 'clara').describe(
    'how scanning windows of Clara 2 and 3 models lie: as those versions did, or like MONAI with an overlap of a quarter',
  ),
  fusion: oneOf('SWITCH', ['on', 'off'], 'on').describe(
    'whether neighbouring transforms that work voxel by voxel take an image piece by piece together, and slabs of scanning windows as soon as they are complete; off gives the same numbers with more memory',
  ),
  prepared_cache_mb: number('MB', 0, 1_000_000, 1024).describe(
    'memory for images of sessions that are decoded and preprocessed already; 0 keeps none',
  ),
  dry_run: number('SECONDS', 0, 86_400, 120).describe(
    'longest trial run of a model after its upload, on zeros; 0 makes none',
  ),
  // Models from NGC
  ngc_url: matching(
    'URL',
    /^https?:\/\/[^\s]+$/,
    'expected http:// or https:// and a host',
    'https://api.ngc.nvidia.com',
  ).describe('where models named by path and version are fetched from: NGC, or a mirror of it'),
  ngc_api_key: optionalText(SECRET).describe(
    'key for private models of NGC; better given as AIAA_NGC_API_KEY than on the command line',
  ),
  ngc_timeout: number('SECONDS', 1, 86_400, 3600).describe('deadline for fetching one model from NGC'),
  // Sessions
  session_expiry: number('SECONDS', 1, 31_536_000, 3600).describe(
    'how long a session lives after its last use; a client may ask for less, not for more',
  ),
  session_quota_mb: number('MB', 1, 1_000_000_000, 20_480).describe(
    'disk space for sessions; beyond it the session that was idle longest goes',
  ),
  interactive_model: optionalText('MODEL').describe(
    'model that answers clients of nnInteractive at the URL of this server; /nninteractive/MODEL is the URL of each other one; without it the only model that takes prompts does',
  ),
  interactive_sessions: number('N', 1, 10_000, 32).describe(
    'clients of nnInteractive at a time; one more is answered with 503',
  ),
  interactive_idle: number('SECONDS', 1, 86_400, 600).describe(
    'how long an nnInteractive client keeps its place without an action of its user',
  ),
  interactive_liveness: number('SECONDS', 1, 86_400, 60).describe(
    'how long an nnInteractive client keeps its place without a sign of life',
  ),
  dicom_ae_title: matching(
    'TITLE',
    /^[\x21-\x5b\x5d-\x7e]{1,16}$/,
    'expected 1 to 16 characters without spaces and backslashes',
    'AIAA',
  ).describe('AE title of this server when it fetches a series from a PACS'),
  dicom_move_port: number('PORT', 0, 65535, 0).describe(
    'port to take images on when a PACS knows only C-MOVE and this AE title; 0 is C-GET only',
  ),
  pacs_hosts: list('LIST').describe(
    'servers that series may be fetched from for a session, comma separated: a host (10.0.0.10), with port (10.0.0.10:104), or a DICOMweb URL (https://pacs.example.org/dicom-web); * is any but this machine',
  ),
  dicomweb_url: webUrl.describe(
    'DICOMweb archive that a series is fetched from when a MONAI Label client names it and sends no image, such as http://orthanc:8042/dicom-web',
  ),
  pacs_timeout: number('SECONDS', 1, 86_400, 300).describe('deadline for fetching one series from a PACS'),
  samples: z
    .string()
    .transform((list) => list.split(',').map((entry) => entry.trim()))
    .pipe(z.array(anyPath))
    .optional()
    .meta({ value: 'LIST' })
    .describe('images that the page /try offers to everybody: files, or folders of files, comma separated'),
  // History, traces and logs
  history_days: number('DAYS', 0.01, 3650, 30).describe(
    'how long the history of requests is kept, in telemetry.db of the workspace (telemetry-HOST.db with --auto_reload)',
  ),
  history_rows: number('N', 100, 100_000_000, 200_000).describe('most requests that the history keeps'),
  otlp_url: webUrl.describe(
    'OpenTelemetry collector that traces are sent to by OTLP over HTTP, such as http://collector:4318/v1/traces',
  ),
  log_days: number('DAYS', 0.01, 3650, 30).describe(
    'age at which log files that are full are removed; with --auto_reload also the last one of another gateway',
  ),
  log_file_mb: number('MB', 1, 100_000, 20).describe('size at which a log file is full and a new one begins'),
  log_files: number('N', 2, 100, 10).describe('log files that are kept'),
  log_level: oneOf('LEVEL', ['error', 'warn', 'info', 'debug'], 'info').describe('least severe lines that are logged'),
} as const;

/** With `--aiaa_defaults`. Names and PACS stay closed: a page that turns its own name to this server could change models and fetch patients. */
const aiaaDefaults: Partial<Record<string, string>> = { host: '0.0.0.0', cors_origins: '*' };

export type Settings = z.output<z.ZodObject<typeof schemas>> & { tensorflow_model_repository: string };

/** Defaults that depend on the machine or the folder are shown by their rule. */
const computedDefaults: Record<string, string> = {
  workspace: './workspace',
  model_repository: './triton-model-repo',
  tensorflow_model_repository: '--model_repository with -tensorflow behind it',
  workers: 'one per core, at most 4',
  memory_budget: '60 % of the memory of the container or machine',
};

/** Headings of the help and the reference, each before the setting that it begins with. */
const groups: Partial<Record<keyof typeof schemas, string>> = {
  workspace: 'Server, and who may use it',
  triton_url: 'Triton',
  workers: 'Jobs and limits',
  allow_code_models: 'Models',
  ngc_url: 'Models from NGC',
  session_expiry: 'Sessions',
  history_days: 'History, traces and logs',
};

/** Every setting as a flag, for the parser, the help, shell completion and the reference. */
export const settingFlags: FlagTable = Object.fromEntries(
  Object.entries(schemas).map(([name, schema]) => {
    const { value, description: meaning } = schema.meta() as { value: string; description: string };
    const fallback = computedDefaults[name] ?? ('defaultValue' in schema.def ? String(schema.def.defaultValue) : '');
    const group = groups[name as keyof typeof schemas];
    return [name, { value, optional: value === 'BOOL', meaning, default: fallback || 'none', ...(group && { group }) }];
  }),
);

/**
 * Settings from flags (`--port 5001`, `--port=5001`, `--debug` alone means true), then the environment (`AIAA_PORT`), then defaults.
 * Secrets are read from files too, as containers are given them: `AIAA_ADMIN_PASSWORD_FILE=/run/secrets/admin_password`.
 * @param argv arguments after the script's name
 * @throws UsageError for an unknown flag, a missing or a bad value; the message names the flag, the value and what was expected
 */
export function readSettings(argv: readonly string[], environment: NodeJS.ProcessEnv = process.env): Settings {
  const flags = parseFlagsOnly(argv, settingFlags);
  const valueOf = (name: keyof typeof schemas) => {
    const variable = environmentOf(name);
    const isSecret = settingFlags[name].value === SECRET;
    return (
      flags.get(name) ?? environment[variable] ?? (isSecret ? secretFrom(`${variable}_FILE`, environment) : undefined)
    );
  };
  const open = schemas.aiaa_defaults.safeParse(valueOf('aiaa_defaults')).data === true;
  const read = (name: keyof typeof schemas) => {
    const given = valueOf(name) ?? (open ? aiaaDefaults[name] : undefined);
    const parsed = schemas[name].safeParse(given);
    if (parsed.success) return parsed.data;
    throw new UsageError(
      `${flags.has(name) ? `--${name}` : environmentOf(name)} is "${given}": ${parsed.error.issues[0].message}`,
    );
  };
  const names = Object.keys(schemas) as (keyof typeof schemas)[];
  const settings = Object.fromEntries(names.map((name) => [name, read(name)])) as Settings;
  const { ssl, ssl_port: sslPort, port } = settings;
  if (ssl && !(settings.ssl_cert_file && settings.ssl_pkey_file))
    throw new UsageError('--ssl true needs --ssl_cert_file and --ssl_pkey_file');
  if (sslPort !== undefined && !ssl)
    throw new UsageError('--ssl_port needs --ssl true, --ssl_cert_file and --ssl_pkey_file');
  if (sslPort !== undefined && sslPort === port && port !== 0)
    throw new UsageError(
      `--ssl_port and --port are both ${port}: leave --ssl_port out for https alone, or choose another one`,
    );
  settings.tensorflow_model_repository ??= `${settings.model_repository}-tensorflow`;
  for (const name of ['triton_url', 'model_repository'] as const)
    if (settings.tensorflow_triton_url && settings[`tensorflow_${name}`] === settings[name])
      throw new UsageError(
        `--tensorflow_${name} and --${name} are both ${settings[name]}: the second Triton is another one, with a folder of its own`,
      );
  if (!settings.admin_user !== !settings.admin_password)
    throw new UsageError('--admin_user and --admin_password need each other');
  return settings;
}

function secretFrom(variable: string, environment: NodeJS.ProcessEnv): string | undefined {
  const file = environment[variable];
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new UsageError(`${variable} is "${file}", which cannot be read: ${(error as Error).message}`);
  }
}

/** The environment variable of a setting. */
export const environmentOf = (setting: string) => `AIAA_${setting.toUpperCase()}`;

/** The text of `--help`. */
export function helpText(): string {
  return helpOf([
    'Usage: npm start -- [flags]',
    '',
    'Every flag --x is also read from the environment as AIAA_X, a secret (TEXT) also from the file that AIAA_X_FILE names.',
    ...flagLines(settingFlags),
  ]);
}
