// npm run docs [-- --check]: writes the reference pages that are generated from the code; --check fails when one is stale.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { choices } from './reference/choices.mjs';
import { configKeysPage } from './reference/config-keys.mjs';
import { endpointsPage } from './reference/endpoints.mjs';
import { monaiIntro, monaiRows, unlikeMonai } from './reference/monai-versions.mjs';
import { page, table } from './reference/tables.mjs';
import { exitWith, root, setUp } from './setup.mjs';

const load = (path) => createRequire(import.meta.url)(join(root, 'dist', path));
function settingsPage() {
  const { settingFlags, environmentOf } = load('settings.js');
  const row = ([name, flag]) => [
    `\`--${name}\``,
    `\`${environmentOf(name)}${flag.value === 'TEXT' ? '[_FILE]' : ''}\``,
    flag.value,
    flag.default,
    flag.meaning,
  ];
  const groups = [];
  for (const entry of Object.entries(settingFlags)) {
    const [, { group }] = entry;
    if (group) groups.push({ group, rows: [] });
    groups.at(-1).rows.push(row(entry));
  }
  const head = ['flag', 'environment', 'value', 'default', 'meaning'];
  return page(
    'Settings',
    'Flags win over the environment. With `[_FILE]`, `AIAA_X_FILE` may name a file that holds the secret. An unknown flag or a bad value ends the command with exit code 2.',
    groups.map(({ group, rows }) => `## ${group}\n\n${table(head, rows)}`).join('\n\n'),
  );
}

function errorsPage() {
  const rows = load('errors.js')
    .listErrors()
    .map((one) => [`\`${one.code}\``, one.status, one.reason, one.type, one.template]);
  const intro =
    'Every error is answered as `{"success": false, "error": {"type", "message": [text], "code", "request_id", …}}` with the reason phrase of this table. `code` is stable.';
  return page('Errors', intro, table(['code', 'status', 'reason phrase', 'type', 'message'], rows));
}

function transformsPage() {
  const { exampleOf } = load('transforms/definition.js');
  const { z } = createRequire(import.meta.url)('zod');
  const intro = [
    'Names may carry a module path (`monai.transforms.Spacingd`), the forms `XD` and `XDict` mean `Xd`, and `#alias` is dropped. Booleans may be text.',
    '`?` marks optional arguments (nothing when absent); one without mark and default must be given; one [without effect](#arguments-without-effect) may be given and changes no number; an unknown one is refused when the config is read. Sources name reference implementations, and the [choices](#choices) (A…) made where nothing public says what AIAA did.',
    '',
    "The resizing transforms of Clara 2 and 3 place voxels as `--resampling` says: `half-pixel` scales the image's extent, edge voxels repeated; `align-corners` puts first on first and last on last voxel; `monai` keeps voxel 0 and steps by the new voxel size, and resizes to a shape as `align-corners`. `--clara_windows` says how their scanning windows lie.",
  ].join('\n');
  const rows = (definitions) =>
    definitions.map((one) => [
      names(one),
      argumentsOf(z, one.args),
      one.summary,
      `\`${JSON.stringify(exampleOf(one))}\``,
      one.source,
    ]);
  const head = ['name', 'arguments', 'what it does', 'example', 'source'];
  const transforms = load('transforms/registry.js').listTransforms();
  const sections = ['clara', 'monai', 'aiaa'].map((dialect) => {
    const title = { clara: 'Clara 2.x and 3.x', monai: 'MONAI, as named by AIAA 4.x', aiaa: "AIAA 4.x's own" }[dialect];
    return `## ${title}\n\n${table(head, rows(transforms.filter((one) => one.dialect === dialect)))}`;
  });
  const writers = `## Writers\n\n${table(head, rows(load('transforms/writers.js').writerDefinitions))}`;
  const { reasonsWithoutEffect } = load('transforms/arguments.js');
  const without = `## Arguments without effect\n\n${table(['', 'why it changes no number'], Object.entries(reasonsWithoutEffect))}`;
  const versions = `## By version of MONAI\n\n${monaiIntro}\n\n${table(['what', 'versions', 'what they do', 'others'], monaiRows(load('transforms/monai-version.js')))}`;
  const unlike = `## Not as MONAI\n\n${table(['what', 'MONAI', 'here'], unlikeMonai)}`;
  const chosen = `## Choices\n\nNothing public says how AIAA did these.\n\n${table(['', 'question', 'choice'], choices)}`;
  return page('Transforms', intro, [...sections, writers, without, versions, unlike, chosen].join('\n\n'));
}

const names = ({ name, aliases = [] }) => [`\`${name}\``, ...aliases.map((alias) => `(${alias})`)].join(' ');

function argumentsOf(z, schema) {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const { shape } = objectOf(schema);
  const list = Object.entries(properties).map(([name, property]) => {
    if (property.withoutEffect) return `\`${name}\`: without effect (${property.withoutEffect})`;
    if (isBare(shape[name], 'undefined')) return `\`${name}\`: not as an argument`;
    const fallback = property.default ?? defaultOf(shape[name]);
    const only = property.const ?? (property.type === 'null' ? null : undefined);
    if (only !== undefined && only === fallback) return `\`${name}\`: only ${JSON.stringify(only)}`;
    const suffix = fallback === undefined ? (required.includes(name) ? '' : '?') : ` = ${JSON.stringify(fallback)}`;
    return `\`${name}\`: ${typeOf(property)}${suffix}`;
  });
  return list.join('; ') || 'none';
}

/** The object in a schema that reads other spellings first. */
function objectOf(schema) {
  const { type, out } = schema.def;
  return type === 'pipe' ? objectOf(out) : schema;
}

/** JSON schema leaves out the default of what is turned into another type, as text is into a boolean. */
const defaultOf = ({ def }) => (def.type === 'default' ? def.defaultValue : undefined);

/** Of type `unknown` (whatever is given is taken, and nothing done with it) or `undefined`, optional or not. */
const isBare = ({ def }, type) => def.type === type || (def.type === 'optional' && isBare(def.innerType, type));

function typeOf(property) {
  if (property.enum) return property.enum.map((value) => JSON.stringify(value)).join(' or ');
  if (property.const !== undefined) return JSON.stringify(property.const);
  if (property.anyOf) return [...new Set(property.anyOf.map(typeOf))].join(' or ');
  if (property.type === 'array') return `list of ${property.items ? typeOf(property.items) : 'values'}`;
  return property.type ? [property.type].flat().join(' or ') : 'boolean';
}

async function metricsPage() {
  const rows = (await load('telemetry/metrics.js').listMetrics()).map(({ name, type, labels, help }) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ]);
  const intro =
    "`GET /metrics` of the gateway, in Prometheus' text format; `GET /metrics/triton` passes on those of Triton (`--triton_metrics_url`). Paths are route templates, what no route took is `other`.";
  return page('Metrics', intro, table(['name', 'type', 'labels', 'meaning'], rows));
}

const pages = {
  'metrics.md': metricsPage,
  'settings.md': settingsPage,
  'errors.md': errorsPage,
  'transforms.md': transformsPage,
  'endpoints.md': () =>
    endpointsPage(
      load('http/openapi/document.js').openApiDocument(load('http/endpoints/index.js').endpoints, '$SERVER'),
    ),
  'config.md': () => configKeysPage(load('config/documented-sections.js')),
};

try {
  setUp({ triton: false });
  const folder = join(root, 'docs', 'reference');
  mkdirSync(folder, { recursive: true });
  const check = process.argv.includes('--check');
  for (const [name, write] of Object.entries(pages)) {
    const path = join(folder, name);
    if (!check) writeFileSync(path, await write());
    else if (readFileSync(path, 'utf8') !== (await write())) {
      console.error(`docs/reference/${name} is stale: run npm run docs`);
      process.exitCode = 1;
    }
  }
} catch (error) {
  exitWith(error);
}
