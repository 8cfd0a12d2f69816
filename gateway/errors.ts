import { diskError } from './disk-errors';
import { known, SaidError, say, sentenceFor, Sentence, sentenceOf } from './sentence';

export { framesOf, messageOf, recordOf } from './sentence';

/**
 * The error catalogue: every failure that a client, a model author or an operator can meet, once.
 *
 * A retired code is never used again: logs and client scripts match on it. `{name}` in a template is filled from the values given to {@link fail}.
 * The record (log, history, list of jobs) has a short id in place of what may name a patient: of values only numbers, sentences made with {@link say}, and
 * those written `{!name}`, which are names of this server's things, or words of Triton.
 * `type` is the name of an exception, as AIAA's error body has it. The reason phrase is the code in words, unless an entry has its own.
 */
const catalogue = {
  // The request (400-499)
  BAD_PARAMS: [400, 'ValueError', '{what}', 'Bad Request'],
  BAD_UPLOAD: [400, 'ValueError', 'The upload cannot be read: {what}', 'Bad Request'],
  NO_IMAGE: [
    400,
    'ValueError',
    'The request holds no image. Send it as a file part of multipart/form-data, or name a session with ?session_id=',
  ],
  TEXT_IN_PLACE_OF_FILE: [
    400,
    'ValueError',
    'The form field "{field}" holds the text "{value}" and no file. To send the file, put @ in front of its name: curl -F {field}=@{value}',
    'Text In Place Of A File',
  ],
  EMPTY_IMAGE: [400, 'ValueError', 'The uploaded image "{file}" has 0 bytes. Was the file still being written?'],
  UNREADABLE_IMAGE: [400, 'ImageError', 'The image "{file}" cannot be read: {what}'],
  UNSUPPORTED_IMAGE: [400, 'ImageError', 'The image "{file}" is not supported: {what}'],
  IMAGE_TOO_LARGE: [
    400,
    'ImageError',
    'The image "{file}" is too large for this server: {what} The operator can raise it with --max_volume_mvoxels',
  ],
  NOT_FOUND: [
    404,
    'NotFound',
    '{!method} {path} is not part of this API. The server URL to give to a client is {server}; try {server}/v1/models in a browser',
  ],
  METHOD_NOT_ALLOWED: [405, 'MethodNotAllowed', '{path} is not called with {!method}; it takes {!allowed}'],
  MODEL_NOT_FOUND: [404, 'ModelNotFound', 'There is no model "{model}". {!known}'],
  VERSION_NOT_FOUND: [
    404,
    'VersionNotFound',
    'The model "{!model}" has no version {!version}. Kept versions: {!kept} (GET /admin/model lists them)',
  ],
  BAD_MODEL_NAME: [
    400,
    'ValueError',
    'The model name "{model}" is not allowed: use 1 to 128 letters, digits, ".", "_" or "-", starting with a letter or digit',
  ],
  SESSION_EXPIRED: [
    440,
    'SessionExpired',
    'The session "{session}" is unknown or has expired. Create a new one with PUT /session/',
  ],
  SESSION_NOT_FOUND: [
    404,
    'SessionNotFound',
    'There is no session "{session}": it was never created here, was deleted, or has expired',
  ],
  LABELS_NOT_KEPT: [
    404,
    'NotFound',
    'This server keeps no labels and trains nothing: save the segmentation in the program that drew it (in 3D Slicer: File, Save Data)',
    'Labels Are Not Kept Here',
  ],
  LEASE_EXPIRED: [
    410,
    'LeaseExpired',
    'This interactive session is unknown or over: initialize again. It ends without an action for --interactive_idle, or a sign of life for --interactive_liveness, seconds',
    'Gone',
  ],
  LEASE_DAMAGED: [
    410,
    'LeaseDamaged',
    'The files of this interactive session on the server are damaged or missing: initialize again',
    'Gone',
  ],
  BODY_NOT_AN_OBJECT: [422, 'ValueError', '{where} is not a JSON object: {text}', 'Unprocessable Entity'],
  BUFFER_TOO_LARGE: [
    413,
    'PayloadTooLarge',
    'The target buffer has {needed} bytes; up to {limit}, a quarter of the memory, are allowed',
  ],
  JOB_NOT_FOUND: [
    404,
    'JobNotFound',
    'There is no job "{job}". The id of a job is the X-Request-Id of its request; besides those under way only the last {kept} are known',
  ],
  SAMPLE_NOT_FOUND: [
    404,
    'NotFound',
    'There is no sample "{sample}". Samples here: {!known}; the operator can offer others with --samples',
  ],
  PRECONDITION_FAILED: [
    412,
    'PreconditionFailed',
    'The file is not the one that the request names with If-Match or If-Unmodified-Since: ask for it without these headers',
  ],
  RANGE_NOT_SATISFIABLE: [
    416,
    'RangeNotSatisfiable',
    'The range "{range}" lies beyond the end of the file; its size is in the header Content-Range',
  ],
  TOO_LARGE: [
    413,
    'PayloadTooLarge',
    'The {!what} is larger than {!limit}. The operator can raise it with --max_upload_mb',
    'Payload Too Large',
  ],
  SESSION_TOO_LARGE: [
    413,
    'PayloadTooLarge',
    'A session of "{file}" would take more than {!limit}. The operator can raise it with --session_quota_mb',
  ],
  MEMORY_EXCEEDED: [
    413,
    'PayloadTooLarge',
    '"{file}" needs about {!needed} MB of memory, and this server gives its jobs {!limit} MB in all. {fits}; the operator can raise the limit with --memory_budget',
  ],
  TOO_MANY_PARTS: [
    413,
    'PayloadTooLarge',
    'The upload has more than {!limit}. Send a series as one NIfTI file, or let the server fetch it from the PACS',
  ],
  FIELD_TOO_LARGE: [
    413,
    'PayloadTooLarge',
    '{what} is larger than {!limit}. Images and models are sent as file parts of multipart/form-data',
  ],
  TOO_MANY_POINTS: [413, 'PayloadTooLarge', 'The parameter "{name}" has {count} points, at most {limit} are read'],
  UNKNOWN_HOST: [
    421,
    'MisdirectedRequest',
    'This server is not known by the name "{!host}". The operator can allow it with --hosts (AIAA_HOSTS); an address in figures needs no name',
    'Misdirected Request',
  ],
  ORIGIN_FORBIDDEN: [
    403,
    'Forbidden',
    'Pages of {!origin} may not do this. The operator can allow them by their origin with --cors_origins, * does not allow everything',
    'Forbidden',
  ],
  CLIENT_FORBIDDEN: [
    403,
    'Forbidden',
    'The address {!address} may not use this server. The operator can allow it with --client_hosts',
    'Forbidden',
  ],
  ADMIN_FORBIDDEN: [
    403,
    'Forbidden',
    'The address {!address} may not use /admin. The operator can allow it with --admin_hosts',
    'Forbidden',
  ],
  ADMIN_UNAUTHORIZED: [
    401,
    'Unauthorized',
    'The paths below /admin need user and password, as in curl -u USER:PASSWORD. The first start of the server printed them; npm run password sets others',
    'Unauthorized',
  ],
  TOKEN_UNAUTHORIZED: [
    401,
    'Unauthorized',
    'This server asks interactive clients for an access token (API key), and the one that came is missing, unknown or revoked. The operator makes one with aiaa-gateway token make NAME',
    'Unauthorized',
  ],
  DASHBOARD_UNAUTHORIZED: [
    401,
    'Unauthorized',
    'Dashboard, log, metrics and the list of jobs need user and password, as in curl -u USER:PASSWORD. The first start of the server printed them; npm run password sets others',
    'Unauthorized',
  ],
  TOO_MANY_ATTEMPTS: [
    429,
    'TooManyAttempts',
    'Too many wrong passwords came from {!address}. Try again in {seconds} s',
  ],
  CANCELLED: [499, 'Cancelled', 'The request was cancelled', 'Client Closed Request'],
  BAD_HTTP: [400, 'ValueError', 'The request is not HTTP as this server reads it: {what}', 'Bad Request'],
  HEADERS_TOO_LARGE: [
    431,
    'ValueError',
    'The request line and headers are larger than {limit} bytes. Send long parameters in the body',
    'Request Header Fields Too Large',
  ],
  REQUEST_TIMEOUT: [408, 'Timeout', 'The request did not arrive in time: {what}'],
  // The PACS (where a session's series is fetched from)
  PACS_FORBIDDEN: [
    403,
    'Forbidden',
    'This server may not fetch from {server}. The operator can allow it with --pacs_hosts',
  ],
  PACS_NO_IMAGES: [404, 'PacsError', 'The PACS at {server} has no images for {what}', 'No Images In PACS'],
  PACS_FAILED: [
    502,
    'PacsError',
    'The PACS at {server} did not deliver the series. Are address, port and AE title right, and does it know this server? Its log has the reason',
  ],
  DOWNLOAD_FAILED: [502, 'DownloadError', 'The model could not be fetched from {!url}: {!what}'],
  PACS_TIMEOUT: [
    504,
    'PacsError',
    'The PACS at {server} did not deliver the series within {seconds} s. The operator can raise --pacs_timeout',
  ],
  // The model (what its author got wrong)
  BAD_CONFIG: [400, 'ConfigError', 'The model config is not usable: {what}', 'Bad Model Config'],
  BAD_MODEL_FILE: [400, 'ModelError', 'The model file "{file}" is not usable: {what}'],
  MODEL_CANNOT_WORK: [
    400,
    'ModelError',
    'Triton loads the model "{!model}", but it cannot work; what served before goes on serving. {!what}',
  ],
  UNSAFE_ARCHIVE: [400, 'ModelError', 'The archive "{file}" was refused, and nothing of it was unpacked: {what}'],
  CODE_NOT_ALLOWED: [
    403,
    'Forbidden',
    'The model "{file}" does more than compute: {!what}. Upload a network that only computes, such as one exported to ONNX; the operator can allow such models with --allow_code_models',
  ],
  MODEL_LOAD_FAILED: [400, 'ModelError', 'Triton could not load the model "{!model}": {!what}'],
  MODEL_NOT_READY: [503, 'ModelNotReady', 'The model "{!model}" is not ready: {!what}'],
  MODEL_BUSY: [503, 'ModelBusy', 'The model "{!model}" is busy: {!what}. Try again in a moment'],
  IMAGE_DOES_NOT_FIT: [400, 'ValueError', 'The image does not fit the model "{!model}": {what}'],
  TRANSFORM_FAILED: [500, 'TransformError', '{!chain}[{index}] {!transform} failed: {what}'],
  BAD_TENSOR: [500, 'InferenceServerException', 'The tensor "{!tensor}" of model "{!model}" is not usable: {!what}'],
  INFERENCE_FAILED: [500, 'InferenceServerException', 'Triton could not run the model "{!model}": {!what}'],
  // The server
  TRITON_UNAVAILABLE: [
    503,
    'TritonUnavailable',
    'Triton does not answer at {!url}: {!what}. The gateway keeps trying, and loads its models again when it is back; the dashboard says what to do',
  ],
  TRITON_METRICS_UNAVAILABLE: [
    503,
    'TritonUnavailable',
    "Triton's metrics cannot be read: {!what}. Does Triton run with --allow-metrics=true, and is --triton_metrics_url right?",
  ],
  TRITON_TIMEOUT: [
    503,
    'TritonTimeout',
    'Triton did not answer {!call} within {seconds} s. The operator can raise --{!setting}',
  ],
  QUEUE_FULL: [
    503,
    'QueueFull',
    'The server is busy: {active} jobs run and {queued} wait, which is the limit. Try again in a moment',
  ],
  LEASES_TAKEN: [
    503,
    'LeasesTaken',
    'All {most} interactive sessions are taken. Try again in a moment; the operator can raise --interactive_sessions',
  ],
  MEMORY_BUSY: [
    503,
    'MemoryBusy',
    '"{file}" needs about {!needed} MB of the {!limit} MB of memory for all jobs, and others have taken too much of it. Try again in a moment',
  ],
  STOPPING: [503, 'ServerStopping', 'The server is stopping. Try again in a moment', 'Server Stopping'],
  DISK_FAILED: [500, 'OSError', '{!place} cannot be used: {!why}; {!remedy}'],
  DISK_FULL: [507, 'DiskFull', 'There is no room on the disk for {what}', 'Insufficient Storage'],
  INTERNAL: [500, 'RuntimeError', '{what}', 'Internal Error'],
} as const satisfies Record<string, readonly [status: number, type: string, template: string, reason?: string]>;

export type ErrorCode = keyof typeof catalogue;

/** A list of codes that keeps their names in its type. */
export const codes = <const C extends readonly ErrorCode[]>(...list: C): C => list;

/** The content of an error in a form that crosses threads. */
export interface ErrorData {
  code: ErrorCode;
  message: string;
  /** The message as it is kept and shown to operators. */
  record: string;
  /** Facts for the reader of the JSON body, such as the findings of a config check. */
  details?: Record<string, unknown>;
}

/** An error of the catalogue. `status`, `reason` (the HTTP reason phrase) and `type` follow from its code. */
export class GatewayError extends SaidError {
  readonly code: ErrorCode;
  readonly details?: Record<string, unknown>;

  constructor(data: ErrorData, options?: { cause?: unknown }) {
    super(Sentence.of({ text: data.message, record: data.record }), options);
    this.name = 'GatewayError';
    this.code = data.code;
    this.details = data.details;
  }

  get status(): number {
    return catalogue[this.code][0];
  }

  get reason(): string {
    return reasonOf(this.code);
  }

  get type(): string {
    return catalogue[this.code][1];
  }

  toData(): ErrorData {
    return { code: this.code, message: this.message, record: this.record, details: this.details };
  }
}

/**
 * Makes an error of the catalogue: `throw fail('MODEL_NOT_FOUND', { model, known })`.
 * @param values fills the placeholders of the template; a missing one stays visible as `{name}`. A sentence with values in it is made with {@link say}
 */
export function fail(
  code: ErrorCode,
  values: Record<string, unknown> = {},
  options: { cause?: unknown; details?: Record<string, unknown> } = {},
): GatewayError {
  const fill = (form: keyof Sentence) =>
    catalogue[code][2].replace(HOLE, (hole, mark: string, key: string) => {
      const value = values[key];
      if (!(key in values)) return hole.replace('!', '');
      return shorten(mark && typeof value === 'string' ? value : sentenceFor(value)[form]);
    });
  return new GatewayError(
    { code, message: fill('text'), record: fill('record'), details: options.details },
    { cause: options.cause },
  );
}

const HOLE = /\{(!?)(\w+)\}/g;

/** A message may repeat what a client sent, and a client may send anything. */
const MOST_SHOWN = 3000;

function shorten(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/** Any thrown value as an error of the catalogue; unknown ones become INTERNAL and keep their cause. */
export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const refused = diskError(error);
  if (!refused) return fail('INTERNAL', { what: sentenceOf(error) }, { cause: error });
  const { role = 'a file of this server', why, remedy, isFull } = refused;
  if (isFull) return fail('DISK_FULL', { what: known(role) }, { cause: error });
  return fail('DISK_FAILED', { place: capitalised(role), why, remedy }, { cause: error });
}

const capitalised = (text: string) => text[0].toUpperCase() + text.slice(1);

/** Why a worker thread ended without an answer. @param what Node's words */
export function whyThreadEnded(what: Sentence): Sentence {
  // Node: "Worker initialization failure: EMFILE".
  const noFiles = /\bE[MN]FILE\b/.test(what.text);
  return noFiles
    ? say`${what}; more files are open than the system allows (ulimit -n)`
    : say`${what}; the image may be too large for the memory of this server`;
}

/** `MODEL_NOT_FOUND` → `Model Not Found`, short ASCII. */
function reasonOf(code: ErrorCode): string {
  const words = code.split('_').map((word) => (word === 'PACS' ? word : word[0] + word.slice(1).toLowerCase()));
  const [, , , own]: readonly (string | number)[] = catalogue[code];
  return own === undefined ? words.join(' ') : String(own);
}

/** The whole catalogue, for the generated documentation. */
export function listErrors(): { code: string; status: number; reason: string; type: string; template: string }[] {
  const codes = Object.keys(catalogue) as ErrorCode[];
  return codes.map((code) => {
    const [status, type, template] = catalogue[code];
    return { code, status, reason: reasonOf(code), type, template: template.replaceAll('{!', '{') };
  });
}
