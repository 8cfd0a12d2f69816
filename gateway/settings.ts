import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';

/** One setting: its flag is `--name`, its environment variable `AIAA_NAME` (upper case). */
interface SettingDefinition<T> {
  schema: z.ZodType<T>;
  default: T | (() => T);
  /** What it does, for `--help` and the reference; the default is shown behind it. */
  meaning: string;
  /** How a value is spelled in `--help`. */
  value: string;
}

function setting<T>(
  value: string,
  schema: z.ZodType<T>,
  fallback: T | (() => T),
  meaning: string,
): SettingDefinition<T> {
  return { schema, default: fallback, meaning, value };
}

const flag = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.enum(['true', 'false', '1', '0', 'yes', 'no'], { error: 'expected true or false' }))
  .transform((text) => ['true', '1', 'yes'].includes(text));

function number(min: number, max: number) {
  const message = `expected a number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^-?\d+(\.\d+)?$/, message)
    .transform(Number)
    .pipe(z.number().min(min, message).max(max, message));
}

const path = z
  .string()
  .min(1, 'expected a path')
  .transform((text) => resolve(text));
const optionalPath: z.ZodType<string | undefined> = path;

const pathList: z.ZodType<string[] | undefined> = z
  .string()
  .transform((list) => list.split(',').map((entry) => entry.trim()))
  .pipe(z.array(path));

const optionalText: z.ZodType<string | undefined> = z.string().min(1, 'expected a text');

const optionalPort: z.ZodType<number | undefined> = number(0, 65535);

const rootPath = z
  .string()
  .regex(/^(\/[\w.~-]+)*\/?$/, 'expected a path such as /aiaa')
  .transform((text) => text.replace(/\/$/, ''));

const proxies: z.ZodType<string | undefined> = z
  .string()
  .refine(
    (list) => list.split(',').every((entry) => isProxy(entry.trim())),
    'expected addresses or ranges such as 10.0.0.7, 10.0.0.0/8 or loopback',
  );

function isProxy(entry: string): boolean {
  const [address, prefix, ...rest] = entry.split('/');
  if (['loopback', 'linklocal', 'uniquelocal'].includes(entry)) return true;
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return (
    bits > 0 && rest.length === 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
  );
}

const webUrl: z.ZodType<string | undefined> = z
  .string()
  .refine((text) => /^https?:\/\//i.test(text) && URL.canParse(text), 'expected http(s)://host[:port][/path]');

const tritonUrl = z
  .string()
  .regex(/^grpcs?:\/\/[^/\s:]+:\d+$/, 'expected grpc://host:port, for example grpc://127.0.0.1:8001');

/** Every setting of the gateway, once. Flags keep AIAA's names where AIAA had them. */
const definitions = {
  // AIAA's own
  workspace: setting('DIR', path, () => resolve('workspace'), 'models, sessions, logs and uploads live here'),
  host: setting('ADDRESS', z.string().min(1), '0.0.0.0', 'address to listen on'),
  port: setting('PORT', number(0, 65535), 5000, 'port to listen on; 0 takes a free one'),
  debug: setting('BOOL', flag, false, 'log at level debug and put stack traces into the log'),
  monitor: setting(
    'BOOL',
    flag,
    false,
    'add memory and queue length to the log line of every request; /metrics and the dashboard are always there, and the compose profile "monitoring" starts Prometheus and Grafana',
  ),
  admin_hosts: setting(
    'LIST',
    z.string().min(1),
    '*',
    'addresses or CIDR ranges that may use /admin, comma separated; * is everybody',
  ),
  admin_user: setting(
    'NAME',
    optionalText,
    undefined,
    'makes /admin ask for this user or one of npm run password (HTTP basic authentication); needs --admin_password',
  ),
  admin_password: setting(
    'TEXT',
    optionalText,
    undefined,
    'password of --admin_user; better given as AIAA_ADMIN_PASSWORD than on the command line',
  ),
  trust_proxy: setting(
    'LIST',
    proxies,
    undefined,
    'reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses or CIDR ranges, comma separated, or loopback, linklocal, uniquelocal',
  ),
  cors_origins: setting(
    'LIST',
    z.string(),
    '*',
    'origins of web pages that may call this server, comma separated; * is every page, except for /admin and /v1/dashboard, which need its origin named',
  ),
  root_path: setting(
    'PATH',
    rootPath,
    '',
    'path that the server has behind a reverse proxy, such as /aiaa: it is stripped from requests and is part of the URLs that the server shows',
  ),
  ssl: setting(
    'BOOL',
    flag,
    false,
    'serve https on --port, or on --ssl_port beside plain http; needs --ssl_cert_file and --ssl_pkey_file',
  ),
  ssl_port: setting(
    'PORT',
    optionalPort,
    undefined,
    'port for https, while --port stays plain http for clients without TLS (MITK); needs --ssl true; 0 takes a free one',
  ),
  ssl_cert_file: setting('FILE', optionalPath, undefined, 'certificate chain (PEM)'),
  ssl_pkey_file: setting('FILE', optionalPath, undefined, 'private key (PEM)'),
  // Triton
  triton_url: setting('URL', tritonUrl, 'grpc://127.0.0.1:8001', 'where Triton listens for gRPC'),
  model_repository: setting(
    'DIR',
    path,
    () => resolve('triton-model-repo'),
    'the folder that Triton serves; the gateway writes models into it',
  ),
  keep_versions: setting(
    'N',
    number(1, 1000),
    3,
    'versions of a model that are kept on the disk, the one that serves included; PATCH {"version": N} goes back to one',
  ),
  auto_reload: setting(
    'BOOL',
    flag,
    false,
    'share the workspace with other gateways that have it too: each follows what the others change in the models; without it a second gateway on a workspace does not start',
  ),
  shared_memory: setting(
    'MODE',
    z.enum(['auto', 'off'], { error: 'expected auto or off' }),
    'auto',
    'send large tensors through /dev/shm: auto, when a probe shows that Triton sees it, or off',
  ),
  shared_memory_mb: setting(
    'MB',
    number(1, 1_000_000),
    4096,
    'most memory of /dev/shm that is kept for tensors, over all workers',
  ),
  triton_metrics_url: setting(
    'URL',
    webUrl,
    undefined,
    "Triton's metrics, such as http://triton:8002/metrics: shown on the dashboard and under /metrics/triton; npm start knows those of the Triton it starts",
  ),
  inference_timeout: setting('SECONDS', number(1, 86_400), 600, 'deadline of one call to a model'),
  load_timeout: setting('SECONDS', number(1, 86_400), 1200, 'deadline for loading a model'),
  // The gateway
  workers: setting(
    'N',
    number(1, 256),
    () => Math.min(4, availableParallelism()),
    'jobs that run at the same time, each in a thread of its own',
  ),
  queue_size: setting('N', number(0, 100_000), 32, 'jobs that may wait; one more is answered with 503'),
  max_upload_mb: setting('MB', number(1, 1_000_000), 4096, 'largest upload'),
  header_timeout: setting('SECONDS', number(0.1, 86_400), 60, 'how long the head of a request may take to arrive'),
  stall_timeout: setting(
    'SECONDS',
    number(0.1, 86_400),
    60,
    'longest pause in the middle of a request body; then it is answered with 408',
  ),
  request_timeout: setting(
    'SECONDS',
    number(0.1, 86_400),
    3600,
    'how long a whole request may take to arrive, however steadily it comes',
  ),
  max_volume_mvoxels: setting(
    'MILLIONS',
    number(0.001, 4000),
    1024,
    'most voxels, in millions, that resampling and padding to the window may make of one image: a header that claims huge voxels asks for any number',
  ),
  max_unpacked_mb: setting('MB', number(1, 1_000_000), 16_384, 'most that an uploaded archive may unpack to'),
  max_archive_entries: setting('N', number(1, 1_000_000), 20_000, 'most files and folders in an uploaded archive'),
  allow_code_models: setting(
    'BOOL',
    flag,
    false,
    'take Triton repository folders that bring code (Python models, libraries): whoever may upload then runs code on the Triton server',
  ),
  resampling: setting(
    'RULE',
    z.enum(['half-pixel', 'align-corners', 'monai'], { error: 'expected half-pixel, align-corners or monai' }),
    'half-pixel',
    'how Clara 3.x resampling transforms place voxels (docs/reference/transforms.md)',
  ),
  nifti_units: setting(
    'RULE',
    z.enum(['convert', 'ignore'], { error: 'expected convert or ignore' }),
    'convert',
    'lengths of a NIfTI image whose header names metres or micrometres: turned into millimetres, or taken as if they were',
  ),
  clara_windows: setting(
    'RULE',
    z.enum(['clara', 'monai'], { error: 'expected clara or monai' }),
    'clara',
    'how scanning windows of Clara 2 and 3 models lie: as those versions did, or like MONAI with an overlap of a quarter',
  ),
  fusion: setting(
    'SWITCH',
    z.enum(['on', 'off'], { error: 'expected on or off' }),
    'on',
    'whether neighbouring transforms that work voxel by voxel take an image piece by piece together, and slabs of scanning windows as soon as they are complete; off gives the same numbers with more memory',
  ),
  prepared_cache_mb: setting(
    'MB',
    number(0, 1_000_000),
    1024,
    'memory for images of sessions that are decoded and preprocessed already; 0 keeps none',
  ),
  dry_run: setting(
    'SECONDS',
    number(0, 86_400),
    120,
    'longest trial run of a model after its upload, on zeros; 0 makes none',
  ),
  // Models from NGC
  ngc_url: setting(
    'URL',
    z.string().regex(/^https?:\/\/[^\s]+$/, 'expected http:// or https:// and a host'),
    'https://api.ngc.nvidia.com',
    'where models named by path and version are fetched from: NGC, or a mirror of it',
  ),
  ngc_api_key: setting(
    'TEXT',
    optionalText,
    undefined,
    'key for private models of NGC; better given as AIAA_NGC_API_KEY than on the command line',
  ),
  ngc_timeout: setting('SECONDS', number(1, 86_400), 3600, 'deadline for fetching one model from NGC'),
  // Sessions
  session_expiry: setting(
    'SECONDS',
    number(1, 31_536_000),
    3600,
    'how long a session lives after its last use; a client may ask for less, not for more',
  ),
  session_quota_mb: setting(
    'MB',
    number(1, 1_000_000_000),
    20_480,
    'disk space for sessions; beyond it the one that was idle longest goes',
  ),
  dicom_ae_title: setting(
    'TITLE',
    z.string().regex(/^[\x21-\x5b\x5d-\x7e]{1,16}$/, 'expected 1 to 16 characters without spaces and backslashes'),
    'AIAA',
    'AE title of this server when it fetches a series from a PACS',
  ),
  dicom_move_port: setting(
    'PORT',
    number(0, 65535),
    0,
    'port to take images on when a PACS knows only C-MOVE and this AE title; 0 is C-GET only',
  ),
  pacs_hosts: setting(
    'LIST',
    z.string().min(1),
    '*',
    'hosts that series may be fetched from for a session, comma separated; * is any',
  ),
  dicomweb_url: setting(
    'URL',
    webUrl,
    undefined,
    'DICOMweb archive that a series is fetched from when a MONAI Label client names it and sends no image, such as http://orthanc:8042/dicom-web',
  ),
  pacs_timeout: setting('SECONDS', number(1, 86_400), 300, 'deadline for fetching one series from a PACS'),
  samples: setting(
    'LIST',
    pathList,
    undefined,
    'images that the page /try offers to everybody: files, or folders of files, comma separated',
  ),
  // What is remembered of requests
  history_days: setting(
    'DAYS',
    number(0.01, 3650),
    30,
    'how long the history of requests is kept, in telemetry.db of the workspace (telemetry-HOST.db with --auto_reload)',
  ),
  history_rows: setting('N', number(100, 100_000_000), 200_000, 'most requests that the history keeps'),
  otlp_url: setting(
    'URL',
    webUrl,
    undefined,
    'OpenTelemetry collector that traces are sent to by OTLP over HTTP, such as http://collector:4318/v1/traces',
  ),
  log_days: setting(
    'DAYS',
    number(0.01, 3650),
    30,
    'age at which log files that are full are removed; with --auto_reload also the last one of another gateway',
  ),
  log_file_mb: setting('MB', number(1, 100_000), 20, 'size at which a log file is full and a new one begins'),
  log_files: setting('N', number(2, 100), 10, 'log files that are kept'),
  log_level: setting(
    'LEVEL',
    z.enum(['error', 'warn', 'info', 'debug'], { error: 'expected error, warn, info or debug' }),
    'info',
    'least severe lines that are logged',
  ),
} as const;

type Definitions = typeof definitions;
export type Settings = { [K in keyof Definitions]: Definitions[K] extends SettingDefinition<infer T> ? T : never };

/** A bad flag or value; the command prints the message and ends with exit code 2. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * Settings from flags (`--port 5001`, `--port=5001`, `--debug` alone means true), then the environment (`AIAA_PORT`), then defaults.
 * Secrets are read from files too, as containers are given them: `AIAA_ADMIN_PASSWORD_FILE=/run/secrets/admin_password`.
 * @param argv arguments behind the script's name
 * @throws SettingsError for an unknown flag, a missing or a bad value; the message names the flag, the value and what was expected
 */
export function readSettings(argv: readonly string[], environment: NodeJS.ProcessEnv = process.env): Settings {
  const flags = parseFlags(argv);
  const settings: Record<string, unknown> = {};
  for (const [name, definition] of Object.entries(definitions)) {
    const variable = `AIAA_${name.toUpperCase()}`;
    const given = flags.get(name) ?? environment[variable] ?? secretFile(definition, `${variable}_FILE`, environment);
    const source = flags.has(name) ? `--${name}` : variable;
    settings[name] = given === undefined ? defaultOf(definition) : parseValue(definition, given, source);
  }
  const checked = settings as Settings;
  if (checked.ssl && !(checked.ssl_cert_file && checked.ssl_pkey_file)) {
    throw new SettingsError('--ssl true needs --ssl_cert_file and --ssl_pkey_file');
  }
  checkSslPort(checked);
  if (!checked.admin_user !== !checked.admin_password)
    throw new SettingsError('--admin_user and --admin_password need each other');
  return checked;
}

function checkSslPort({ ssl, ssl_port: sslPort, port }: Settings): void {
  if (sslPort === undefined) return;
  if (!ssl) throw new SettingsError('--ssl_port needs --ssl true, --ssl_cert_file and --ssl_pkey_file');
  if (sslPort === port && port !== 0)
    throw new SettingsError(
      `--ssl_port and --port are both ${port}: leave --ssl_port out for https alone, or choose another one`,
    );
}

/** A setting whose value is a secret. */
const isSecret = ({ value }: SettingDefinition<unknown>) => value === 'TEXT';

function secretFile(
  definition: SettingDefinition<unknown>,
  variable: string,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  const file = environment[variable];
  if (!file || !isSecret(definition)) return undefined;
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new SettingsError(`${variable} is "${file}", which cannot be read: ${(error as Error).message}`);
  }
}

function parseFlags(argv: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const match = /^--([A-Za-z_-]+)(?:=(.*))?$/.exec(argv[at]);
    const name = match?.[1].replaceAll('-', '_');
    if (!match || !name || !(name in definitions))
      throw new SettingsError(`unknown flag ${argv[at]}${nearest(name)}. --help lists all flags`);
    const next = argv[at + 1];
    if (match[2] !== undefined) flags.set(name, match[2]);
    else if (next !== undefined && !next.startsWith('--')) flags.set(name, argv[++at]);
    else if (definitions[name as keyof Definitions].value === 'BOOL') flags.set(name, 'true');
    else throw new SettingsError(`--${name} needs a value: ${definitions[name as keyof Definitions].value}`);
  }
  return flags;
}

function parseValue(definition: SettingDefinition<unknown>, text: string, source: string): unknown {
  const parsed = definition.schema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new SettingsError(`${source} is "${text}": ${parsed.error.issues[0].message}`);
}

function defaultOf(definition: SettingDefinition<unknown>): unknown {
  return typeof definition.default === 'function' ? definition.default() : definition.default;
}

function nearest(name: string | undefined): string {
  const like = Object.keys(definitions).find((known) => name && (known.includes(name) || name.includes(known)));
  return like ? `; did you mean --${like}?` : '';
}

/** Rows for the generated reference and `--help`. */
export function listSettings(): {
  flag: string;
  environment: string;
  value: string;
  default: string;
  meaning: string;
}[] {
  return Object.entries(definitions).map(([name, definition]) => ({
    flag: `--${name}`,
    environment: `AIAA_${name.toUpperCase()}${isSecret(definition) ? '[_FILE]' : ''}`,
    value: definition.value,
    default: describeDefault(name, definition),
    meaning: definition.meaning,
  }));
}

/** Defaults that depend on the machine or the folder are shown by their rule. */
const computedDefaults: Record<string, string> = {
  workspace: './workspace',
  model_repository: './triton-model-repo',
  workers: 'one per core, at most 4',
};

function describeDefault(name: string, definition: SettingDefinition<unknown>): string {
  const value = computedDefaults[name] ?? definition.default;
  return value === undefined || value === '' ? 'none' : String(value);
}

/** The text of `--help`. */
export function helpText(): string {
  const rows = listSettings().map(
    ({ flag: name, value, meaning, default: fallback }) =>
      `  ${`${name} ${value}`.padEnd(34)} ${meaning} [${fallback}]`,
  );
  return [
    'Usage: npm start -- [flags]',
    '',
    'Every flag --x is also read from the environment as AIAA_X, a secret (TEXT) also from the file that AIAA_X_FILE names.',
    '',
    ...rows,
    '',
  ].join('\n');
}
