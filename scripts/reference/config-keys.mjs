import { page, table } from './tables.mjs';

/** The keys of `config_aiaa.json`, from the schemas that configs are read with. */
export function configKeysPage({ topKeys, documentedSections }) {
  const intro = [
    'An unknown key is a warning; a value that does not fit is refused with its place, itself, and what was expected. Numbers and booleans may be in quotes, `null` means left out.',
    `\n\nAt the top: ${topKeys.map((key) => `\`${key}\``).join(', ')}. A MONAI bundle has its own form: \`preprocessing\`, \`inferer\`, \`postprocessing\`, and \`metadata.json\`.`,
    '\n\nTransforms and writers with their arguments: [transforms.md](transforms.md).',
  ].join('');
  const sections = documentedSections.map(
    ({ title, place, schema }) =>
      `## ${title}\n\nAt \`${place}\`.\n\n${table(['key', 'value', 'required'], keysOf(schema))}`,
  );
  return page('Config keys', intro, sections.join('\n\n'));
}

/** Rows of a schema's keys, those of objects and lists inside below them. */
function keysOf(schema, above = '') {
  const object = objectIn(schema);
  if (!object) return [];
  return Object.entries(object.schema._zod.def.shape).flatMap(([key, value]) => {
    const name = `${above}${key}`;
    const inside = objectIn(value);
    const row = [`\`${name}\``, valueOf(value), value._zod.optin ? '' : 'yes'];
    return inside ? [row, ...keysOf(value, `${name}${inside.list ? '[]' : ''}.`)] : [row];
  });
}

/** A value without its conversions: `null` and left-out are the same, text stands for numbers, one for a list of one. */
function unwrapped(schema) {
  const { def } = schema._zod;
  if (def.type === 'pipe') return unwrapped(def.in._zod.def.type === 'transform' ? def.out : def.in);
  return ['optional', 'nullable', 'default', 'prefault', 'nonoptional', 'readonly'].includes(def.type)
    ? unwrapped(def.innerType)
    : schema;
}

function objectIn(schema) {
  const inner = unwrapped(schema);
  const { def } = inner._zod;
  if (def.type === 'object') return { schema: inner, list: false };
  const item = def.type === 'array' ? objectIn(def.element) : undefined;
  return item && { ...item, list: true };
}

/** A schema's values in a few words. */
function valueOf(schema) {
  const { def } = unwrapped(schema)._zod;
  const entries = def.type === 'enum' ? Object.values(def.entries) : (def.values ?? []);
  switch (def.type) {
    case 'string':
      return 'text';
    case 'number':
      return def.checks?.some(({ _zod }) => _zod.def.format === 'safeint') || def.format ? 'whole number' : 'number';
    case 'boolean':
      return 'true or false';
    case 'enum':
    case 'literal':
      return entries.map((value) => JSON.stringify(value)).join(' or ');
    case 'array':
      return `list of ${valueOf(def.element)}`;
    case 'tuple':
      return `list of ${[...new Set(def.items.map(valueOf))].join(', ')}`;
    case 'union':
      return [...new Set(def.options.map(valueOf))].join(' or ');
    case 'object':
    case 'record':
      return 'object';
    default:
      return 'anything';
  }
}
