import { z } from 'zod';
import { adminOperations } from './admin-operations';
import { dashboardOperations } from './dashboard-operations';
import { errorBody } from '../../contract/server';
import { errorAnswers } from './error-answers';
import { inferenceOperations } from './inference-operations';
import { jobOperations } from './job-operations';
import { monaiLabelOperations } from './monai-label-operations';
import type { Answer, Body, Operation } from './operation';
import { serverOperations } from './server-operations';
import { sessionOperations } from './session-operations';

export const operations: readonly Operation[] = [
  ...inferenceOperations,
  ...jobOperations,
  ...sessionOperations,
  ...dashboardOperations,
  ...serverOperations,
  ...adminOperations,
  ...monaiLabelOperations,
];

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

/** The OpenAPI 3.1 document of this server. @param server the URL clients reach it by */
export function openApiDocument(server: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations)
    (paths[templateOf(operation.path)] ??= {})[operation.method] = describe(operation, server);
  return {
    openapi: '3.1.0',
    info: { title: 'AIAA gateway', version: '1', description: ABOUT },
    servers: [{ url: server }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas: { Error: schemaOf(errorBody) } },
  };
}

/** `/session/:id` and `/web/*file` as OpenAPI writes them. */
export function templateOf(path: string): string {
  return path.replace(/[:*](\w+)/g, '{$1}');
}

function describe(operation: Operation, server: string): Schema {
  const { method, path, tag, summary, description, body, answer, others = {}, errors = [], curl } = operation;
  const example = ['```sh', `curl ${curl.replaceAll('$SERVER', server)}`, '```'].join('\n');
  return {
    tags: [tag],
    operationId: `${method}${path.replace(/\W+(\w?)/g, (_all, letter: string) => letter.toUpperCase())}`,
    summary,
    description: [description, example].filter(Boolean).join('\n\n'),
    parameters: [...pathParameters(path), ...queryParameters(operation)],
    ...(body && { requestBody: requestBody(body) }),
    responses: {
      200: { description: answer.description, ...headersOf(answer), content: answerContent(answer) },
      ...Object.fromEntries(Object.entries(others).map(([status, text]) => [status, { description: text }])),
      ...errorAnswers([...errors, 'INTERNAL']),
    },
  };
}

function pathParameters(path: string): Schema[] {
  return [...path.matchAll(/[:*](\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    description: PATH_PARAMETERS[name],
    schema: { type: 'string' },
  }));
}

function queryParameters({ query }: Operation): Schema[] {
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

function requestBody({ required, description, params, files = {}, json = params }: Body): Schema {
  const parts = {
    ...(params && { params: schemaOf(params) }),
    ...Object.fromEntries(Object.entries(files).map(([name, meaning]) => [name, { ...FILE, description: meaning }])),
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

function headersOf({ headers }: Answer): Schema {
  if (!headers) return {};
  const described = Object.entries(headers).map(([name, description]) => [name, { description, schema: TEXT }]);
  return { headers: Object.fromEntries(described) };
}

function answerContent({ content }: Answer): Schema {
  return Object.fromEntries(
    Object.entries(content).map(([type, body]) => {
      if (body === 'file') return [type, { schema: FILE }];
      if ('image' in body)
        return [type, { schema: { type: 'object', properties: { params: schemaOf(body.params), image: FILE } } }];
      return [type, { schema: schemaOf(body) }];
    }),
  );
}

const TEXT = { type: 'string' };

/** Bytes. OpenAPI 3.1 needs no more than the absence of a type of text; Swagger UI shows a file chooser for `format: binary`. */
const FILE = { type: 'string', format: 'binary' };

/** What a client may send, before the schema's own conversions. */
function schemaOf(schema: z.ZodType): Schema {
  const made: Schema = z.toJSONSchema(schema, { io: 'input' });
  // The document says its dialect once.
  delete made.$schema;
  return made;
}
