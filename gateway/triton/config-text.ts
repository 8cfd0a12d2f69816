import { Enum, Field, MapField, Type } from 'protobufjs';
import { fromText, toText } from 'protobufjs/ext/textformat';
import { fail, messageOf } from '../errors';
import type { TritonModelConfig } from './model-config';
import { messageType } from './protocol';

const modelConfig = () => messageType('model_config.proto', 'ModelConfig');

/**
 * The text of a config.pbtxt, as `protos/model_config.proto` defines it.
 * @throws BAD_CONFIG with the path of a field that Triton does not know or whose value has the wrong type
 */
export function writeConfigText(config: TritonModelConfig): string {
  return `${toText(modelConfig(), checkedMessage(modelConfig(), config, ''))}\n`;
}

/**
 * Reads a config.pbtxt into the form that {@link writeConfigText} takes: names as in the text, maps as objects, 64-bit numbers that a
 * number cannot hold as strings.
 * @param file how messages call the text
 * @throws BAD_CONFIG with the line
 */
export function readConfigText(source: string, file = 'config.pbtxt'): TritonModelConfig {
  const type = modelConfig();
  let read: Record<string, unknown>;
  try {
    read = type.toObject(fromText(type, source), { longs: String, enums: String });
  } catch (error) {
    throw fail('BAD_CONFIG', { what: `${file}, ${placed(type, source, messageOf(error))}` }, { cause: error });
  }
  return { max_batch_size: 0, input: [], output: [], ...checkedMessage(type, read, '') };
}

/** protobufjs names the line of some mistakes and the field of others: here both, and what would be right. */
function placed(type: Type, source: string, message: string): string {
  const [, path, what, known] = /^(?:\.([\w.]+): )?(.*?)(?: \(line (\d+)\))?$/s.exec(message) as string[];
  const lines = source.split('\n');
  const line = known ? Number(known) : lineOf(type, lines, message);
  const subject = path ? type.root.lookup(path) : null;
  const choice =
    subject instanceof Field && subject.resolvedType instanceof Enum
      ? subject.resolvedType.values
      : subject instanceof Type && subject.fields;
  const hint = choice ? ` (one of ${Object.keys(choice).join(', ')})` : '';
  const name = subject ? `${subject.name}: ` : '';
  return `line ${line}: ${name}${what}${hint}; it says ${JSON.stringify(lines[line - 1].trim().slice(0, 80))}`;
}

/** The first line after which a text fails with this message. */
function lineOf(type: Type, lines: readonly string[], message: string): number {
  let [before, line] = [0, lines.length];
  while (line - before > 1) {
    const middle = (before + line) >> 1;
    let failure = '';
    try {
      fromText(type, lines.slice(0, middle).join('\n'));
    } catch (error) {
      failure = messageOf(error);
    }
    if (failure === message) line = middle;
    else before = middle;
  }
  return line;
}

function checkedMessage(type: Type, value: unknown, path: string): Record<string, unknown> {
  if (!isRecord(value)) throw bad(path, value, `an object (${type.name})`);
  const entries = Object.entries(value).filter(([, content]) => content !== undefined && content !== null);
  return Object.fromEntries(
    entries.map(([name, content]) => {
      const here = path ? `${path}.${name}` : name;
      if (Object.hasOwn(type.fields, name)) return [name, checkedField(type.fields[name].resolve(), content, here)];
      const what = `"${here}" is not a field of a Triton model config (${type.name} has ${Object.keys(type.fields).join(', ')})`;
      throw fail('BAD_CONFIG', { what });
    }),
  );
}

function checkedField(field: Field, value: unknown, path: string): unknown {
  if (field instanceof MapField) {
    if (!isRecord(value)) throw bad(path, value, 'an object');
    const entries = Object.entries(value).map(([key, item]) => {
      if (field.keyType !== 'string' && !/^\d+$/.test(key)) throw bad(`${path}.${key}`, key, 'an integer as its key');
      return [key, checkedValue(field, item, `${path}.${key}`)];
    });
    return Object.fromEntries(entries);
  }
  if (!field.repeated) return checkedValue(field, value, path);
  if (!Array.isArray(value)) throw bad(path, value, 'a list');
  return value.map((item, index) => checkedValue(field, item, `${path}[${index}]`));
}

function checkedValue({ resolvedType, type }: Field, value: unknown, path: string): unknown {
  if (resolvedType instanceof Type) return checkedMessage(resolvedType, value, path);
  if (resolvedType instanceof Enum) {
    const names = Object.keys(resolvedType.values);
    if (names.includes(value as string)) return value;
    throw bad(path, value, `one of ${names.join(', ')}`);
  }
  const [, unsigned, bits] = /^(u?)int(32|64)$/.exec(type) ?? [];
  if (bits) return checkedInteger(value, Number(bits), unsigned === 'u', path);
  if (type === 'string' && typeof value !== 'string') throw bad(path, value, 'a string');
  if (type === 'bool' && typeof value !== 'boolean') throw bad(path, value, 'true or false');
  if (/float|double/.test(type) && !Number.isFinite(value)) throw bad(path, value, 'a number');
  return value;
}

function checkedInteger(value: unknown, bits: number, unsigned: boolean, path: string): number | string {
  const isInteger = typeof value === 'string' ? /^-?\d+$/.test(value) : Number.isSafeInteger(value);
  if (!isInteger) throw bad(path, value, 'an integer');
  const integer = BigInt(value as string | number);
  if ((unsigned ? BigInt.asUintN : BigInt.asIntN)(bits, integer) !== integer)
    throw bad(path, value, `an integer of ${bits} bits${unsigned ? ' that is not negative' : ''}`);
  return Number.isSafeInteger(Number(integer)) ? Number(integer) : String(integer);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(path: string, value: unknown, expected: string): Error {
  return fail('BAD_CONFIG', {
    what: `"${path || 'the config'}" is ${typeof value === 'number' ? value : JSON.stringify(value)}, expected ${expected}`,
  });
}
