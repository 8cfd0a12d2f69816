import { fail } from '../errors';
import type { TritonModelConfig } from './model-config';
import { type Field, type Message, messageType } from './message-types';

/**
 * The text of a config.pbtxt. Fields are written in the order given; the definition in `protos/model_config.proto`
 * decides how.
 * @throws BAD_CONFIG with the path of a field that Triton does not know or whose value has the wrong type
 */
export function writeConfigText(config: TritonModelConfig): string {
  return `${messageLines(messageType('ModelConfig'), config, '').join('\n')}\n`;
}

function messageLines(message: Message, value: unknown, path: string): string[] {
  if (!isRecord(value)) throw bad(path, value, `an object (${message.name})`);
  return Object.entries(value).flatMap(([name, content]) => {
    if (content === undefined || content === null) return [];
    const here = path ? `${path}.${name}` : name;
    const field = message.field(name);
    if (!field)
      throw fail('BAD_CONFIG', {
        what: `"${here}" is not a field of a Triton model config (${message.name} has ${message.names.join(', ')})`,
      });
    return fieldLines(field, content, here);
  });
}

function fieldLines(field: Field, value: unknown, path: string): string[] {
  if (field.entry) {
    if (!isRecord(value)) throw bad(path, value, 'an object');
    const entry = field.entry;
    return Object.entries(value).flatMap(([key, content]) => [
      `${field.name} {`,
      ...indented(fieldLines(entry.key, keyOf(entry.key, key), `${path}.${key}`)),
      ...indented(fieldLines(entry.value, content, `${path}.${key}`)),
      '}',
    ]);
  }
  if (!field.repeated) return valueLines(field, value, path);
  if (!Array.isArray(value)) throw bad(path, value, 'a list');
  if (field.message) return value.flatMap((item, i) => valueLines(field, item, `${path}[${i}]`));
  return value.length
    ? [`${field.name}: [ ${value.map((item, i) => scalar(field, item, `${path}[${i}]`)).join(', ')} ]`]
    : [];
}

function valueLines(field: Field, value: unknown, path: string): string[] {
  if (!field.message) return [`${field.name}: ${scalar(field, value, path)}`];
  const lines = messageLines(field.message, value, path);
  return lines.length ? [`${field.name} {`, ...indented(lines), '}'] : [`${field.name} { }`];
}

function scalar({ kind, values, bits }: Field, value: unknown, path: string): string {
  switch (kind) {
    case 'string':
      if (typeof value !== 'string') throw bad(path, value, 'a text');
      return quoted(value);
    case 'bool':
      if (typeof value !== 'boolean') throw bad(path, value, 'true or false');
      return String(value);
    case 'enum':
      if (typeof value !== 'string' || !values?.includes(value)) throw bad(path, value, `one of ${values?.join(', ')}`);
      return value;
    case 'float':
      if (typeof value !== 'number' || !Number.isFinite(value)) throw bad(path, value, 'a number');
      return String(value);
    default: {
      const number = typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : value;
      if (typeof number !== 'bigint' && !Number.isSafeInteger(number)) throw bad(path, value, 'a whole number');
      const whole = BigInt(number as number | bigint);
      const fits = kind === 'int' ? BigInt.asIntN(bits, whole) === whole : BigInt.asUintN(bits, whole) === whole;
      if (!fits)
        throw bad(path, value, `a whole number of ${bits} bits${kind === 'uint' ? ' that is not negative' : ''}`);
      return String(whole);
    }
  }
}

/** Keys of an object are texts; those of a map may be numbers. */
function keyOf({ kind }: Field, key: string): unknown {
  return kind === 'bool' ? key === 'true' : key;
}

/** In quotes; control characters and everything beyond ASCII as octal bytes of UTF-8. */
function quoted(text: string): string {
  const escapes: Record<string, string> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  const parts = [...Buffer.from(text, 'utf8')].map((byte) => {
    const character = String.fromCharCode(byte);
    return escapes[character] ?? (byte >= 0x20 && byte < 0x7f ? character : `\\${byte.toString(8).padStart(3, '0')}`);
  });
  return `"${parts.join('')}"`;
}

function indented(lines: string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(path: string, value: unknown, expected: string): Error {
  return fail('BAD_CONFIG', {
    what: `"${path || 'the config'}" is ${JSON.stringify(value) ?? String(value)}, expected ${expected}`,
  });
}
