import { z } from 'zod';
import { errorBody } from '../../contract/server';
import { fail, type GatewayError } from '../../errors';
import { errorsOf, type Answer, type Body, type Endpoint } from '../endpoint';

const ABOUT = [
  'An open server for clients of NVIDIA AIAA (3D Slicer, MITK, OHIF, XNAT) in front of NVIDIA Triton.',
  'Paths may carry a trailing slash, a prefix, or a doubled `/v1`. Images go up to 4 GB unless the operator says otherwise.',
].join(' ');

const PATH_PARAMETERS: Record<string, string> = {
  id: 'The session_id.',
  job: 'Id of the job: the X-Request-Id of its request.',
  name: 'Name of the model: 1 to 128 letters, digits, ".", "_" or "-".',
  model: 'Name of the model.',
  file: 'Path of the file.',
};

type Schema = Record<string, unknown>;

const TEXT = { type: 'string' };

/** Bytes. OpenAPI 3.1 needs no more than the absence of a type of text; Swagger UI shows a file chooser for `format: binary`. */
const FILE = { type: 'string', format: 'binary' };

/** The OpenAPI 3.1 document of this server. @param server the URL clients reach it by */
export function openApiDocument(endpoints: readonly Endpoint[], server: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of endpoints)
    (paths[templateOf(endpoint.path)] ??= {})[endpoint.method] = describe(endpoint, server);
  return {
    openapi: '3.1.0',
    info: { title: 'AIAA gateway', version: '1', description: ABOUT },
    servers: [{ url: server }],
    tags: [...new Set(endpoints.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas: { Error: schemaOf(errorBody) } },
  };
}

/** `/session/:id` and `/web/*file` as OpenAPI writes them. */
export function templateOf(path: string): string {
  return path.replace(/[:*](\w+)/g, '{$1}');
}

function describe(endpoint: Endpoint, server: string): Schema {
  const { method, path, tag, summary, description, body, answer, others = {}, curl = curlOf(endpoint) } = endpoint;
  const example = ['```sh', `curl ${curl.replaceAll('$SERVER', server)}`, '```'].join('\n');
  return {
    tags: [tag],
    operationId: `${method}${path.replace(/\W+(\w?)/g, (_all, letter: string) => letter.toUpperCase())}`,
    summary,
    description: [description, example].filter(Boolean).join('\n\n'),
    parameters: [...pathParameters(path), ...queryParameters(endpoint)],
    ...(body && method !== 'get' && { requestBody: requestBody(body) }),
    responses: withErrors(endpoint, {
      200: {
        description: answer.description,
        ...(answer.headers && {
          headers: mapValues(answer.headers, (meaning) => ({ description: meaning, schema: TEXT })),
        }),
        content: mapValues(answer.content, (content) => ({ schema: contentSchema(content) })),
      },
      ...mapValues(others, (text) => ({ description: text })),
    }),
  };
}

function curlOf({ method, path, ...endpoint }: Endpoint): string {
  const verb = method === 'get' ? '' : `-X ${method.toUpperCase()} `;
  const login = endpoint.access === 'operators' ? '-u admin:PASSWORD ' : '';
  return `${verb}${login}"$SERVER${path.replace(/:(\w+)/g, (_, name: string) => name.toUpperCase())}"`;
}

function pathParameters(path: string): Schema[] {
  return [...path.matchAll(/[:*](\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    description: PATH_PARAMETERS[name],
    schema: TEXT,
  }));
}

function queryParameters({ query }: Endpoint): Schema[] {
  if (!query) return [];
  const { properties = {}, required = [] } = schemaOf(query) as {
    properties?: Record<string, Schema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    // A default is there for those who leave the key out.
    required: required.includes(name) && !('default' in schema),
    description,
    schema,
  }));
}

function requestBody({ required, description, params, files = {}, json = params, packedArray }: Body): Schema {
  if (packedArray) return { required, description, content: { 'application/octet-stream': { schema: FILE } } };
  const parts = {
    ...(params && { params: schemaOf(params) }),
    ...mapValues(files, (meaning) => ({ ...FILE, description: meaning })),
  };
  return {
    required,
    description,
    content: {
      'multipart/form-data': {
        schema: { type: 'object', properties: parts },
        ...(params && { encoding: { params: { contentType: 'application/json' } } }),
      },
      ...(json && { 'application/json': { schema: schemaOf(json) } }),
    },
  };
}

function contentSchema(body: Answer['content'][string]): Schema {
  if (body === 'file') return FILE;
  if ('image' in body) return { type: 'object', properties: { params: schemaOf(body.params), image: FILE } };
  return schemaOf(body);
}

/** Some protocols tell of errors with status 200: what stands there already stays. */
function withErrors(endpoint: Endpoint, answers: Schema): Schema {
  const errors = errorAnswers(endpoint);
  const { 200: good } = answers as Record<number, Schema & { content: Record<string, Schema>; description: string }>;
  const { 200: told } = errors as Record<number, Schema & { content: Record<string, Schema>; description: string }>;
  if (!told) return { ...answers, ...errors };
  const json = { ...told.content['application/json'], ...good.content['application/json'] };
  const both = { ...good, description: `${good.description}\n\nAlso errors:\n\n${told.description}`, content: { ...good.content, 'application/json': json } };
  return { ...answers, ...errors, 200: both };
} // prettier-ignore

/** Answers by status, made of the catalogue: the sentence of each code, and an example of its body. */
function errorAnswers(endpoint: Endpoint): Schema {
  const { tellErrors } = endpoint;
  const errors = [...new Set(errorsOf(endpoint))].map((code) => fail(code));
  const statusOf = (error: GatewayError) => tellErrors?.(error).status ?? error.status;
  const answers = [...new Set(errors.map(statusOf))].map((status) => {
    const same = errors.filter((error) => statusOf(error) === status);
    const examples = same.map((error) => [
      error.code,
      { summary: error.code, value: tellErrors?.(error).body ?? exampleOf(error) },
    ]);
    const description = same.map(({ code, message }) => `\`${code}\`: ${message}`).join('\n\n');
    const schema = tellErrors ? { type: 'object' } : { $ref: '#/components/schemas/Error' };
    const json = { schema, examples: Object.fromEntries(examples) };
    return [status, { description, content: { 'application/json': json } }];
  });
  return Object.fromEntries(answers);
}

const exampleOf = ({ code, type, message }: GatewayError) => ({
  success: false,
  error: { type, message: [message], code, request_id: 'REQUEST_ID' },
});

/** The JSON Schema of the input that a client may send, before the schema's own conversions. */
function schemaOf(schema: z.ZodType): Schema {
  const made: Schema = z.toJSONSchema(schema, { io: 'input' });
  // The document says its dialect once.
  delete made.$schema;
  return made;
}

function mapValues<T>(record: Record<string, T>, change: (value: T) => unknown): Schema {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
