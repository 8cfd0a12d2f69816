import { page, table } from './tables.mjs';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** Every operation of the OpenAPI document, by tag. @param {object} api */
export function endpointsPage(api) {
  const operations = Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ method, path, ...item[method] })),
  );
  const sections = api.tags.map(({ name }) => {
    const shown = operations.filter(({ tags }) => tags.includes(name)).map(section);
    return [`## ${name}`, ...shown].join('\n\n');
  });
  const intro =
    'From the OpenAPI document that the server shows under `/docs/openapi.json`, whose schemas are the ones requests are read with. What holds for all of them is in [api.md](api.md), what the codes say in [errors.md](errors.md).';
  return page('Endpoints', intro, sections.join('\n\n'));
}

function section({ method, path, summary, description = '', parameters = [], requestBody, responses }) {
  const rows = parameters.map((one) => [
    `\`${one.name}\``,
    one.in,
    typeOf(one.schema),
    one.required ? 'yes' : '',
    one.description ?? '',
  ]);
  const answers = Object.entries(responses).map(([status, answer]) => [
    status,
    Object.keys(answer.content ?? {})
      .map((type) => `\`${type}\``)
      .join(', '),
    Number(status) < 400 ? meaningOf(answer) : codesIn(answer.description ?? ''),
  ]);
  return [
    `### ${method.toUpperCase()} ${path}`,
    summary,
    description.replace(/```sh\n(.*?)\n```/s, '`$1`'),
    rows.length && table(['parameter', 'in', 'type', 'required', 'meaning'], rows),
    requestBody && `Body${requestBody.required ? '' : ' (optional)'}: ${requestBody.description ?? ''}`,
    requestBody && bodyTable(requestBody),
    table(['answer', 'type', 'meaning'], answers),
  ]
    .filter(Boolean)
    .join('\n\n');
}

function meaningOf({ description = '', headers = {} }) {
  return [description, ...Object.entries(headers).map(([name, about]) => `\`${name}\`: ${about.description}`)].join(
    ' ',
  );
}

/** The sentences of the codes are in errors.md. */
function codesIn(description) {
  return [...description.matchAll(/`([A-Z_]+)`/g)].map(([code]) => code).join(', ') || description;
}

function bodyTable({ content }) {
  const rows = Object.entries(content).flatMap(([type, { schema }]) =>
    Object.entries(schema.properties ?? {}).map(([name, property]) => [
      `\`${type}\``,
      `\`${name}\``,
      typeOf(property),
      property.description ?? '',
    ]),
  );
  return rows.length ? table(['as', 'part', 'type', 'meaning'], rows) : '';
}

/** A JSON schema in a word or two. */
function typeOf(schema = {}) {
  if (schema.format === 'binary') return 'file';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ');
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return [...new Set(options.map(typeOf))].join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items)}`;
  if (schema.type === 'object' && schema.additionalProperties?.type)
    return `object of ${typeOf(schema.additionalProperties)}`;
  return schema.type ?? 'anything';
}
