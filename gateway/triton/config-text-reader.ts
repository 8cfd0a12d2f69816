import { fail, messageOf } from '../errors';
import { ConfigTextError, readTokens, type Token } from './config-text-tokens';
import { type Field, type Message, messageType } from './message-types';
import type { TritonModelConfig } from './model-config';

/** Ensembles nest five levels; a text of thousands would exhaust the stack. */
const MAX_DEPTH = 50;

/**
 * Reads a config.pbtxt into the form that `writeConfigText` writes: names as in the text, maps as objects, 64-bit numbers that JavaScript
 * cannot hold as texts. Everything that Triton's parser takes is taken: comments, `key {` and `key: {`, `<>`, `,` and `;`, both quotes,
 * neighbouring texts, repeated keys and lists, enums by number.
 * @param file what the text is called in messages
 * @throws BAD_CONFIG with line and column
 */
export function readConfigText(source: string, file = 'config.pbtxt'): TritonModelConfig {
  try {
    const config = new ConfigTextReader(readTokens(source)).read(messageType('ModelConfig'));
    return { max_batch_size: 0, input: [], output: [], ...config };
  } catch (error) {
    if (error instanceof ConfigTextError)
      throw fail('BAD_CONFIG', { what: `${file}, ${messageOf(error)}` }, { cause: error });
    throw error;
  }
}

type Value = string | number | boolean | Record<string, unknown>;

class ConfigTextReader {
  private at = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  read(message: Message): Record<string, unknown> {
    return this.fields(message, undefined);
  }

  private get token(): Token {
    return this.tokens[this.at];
  }

  /** Takes the next token when it is one of these signs. */
  private sign(...signs: string[]): string | undefined {
    const { kind, value } = this.token;
    if (kind !== 'sign' || !signs.includes(value)) return undefined;
    this.at++;
    return value;
  }

  private error(what: string, token = this.token): ConfigTextError {
    return new ConfigTextError(token, what);
  }

  private fields(message: Message, closing: string | undefined): Record<string, unknown> {
    const value: Record<string, unknown> = {};
    for (;;) {
      if (closing && this.sign(closing)) return value;
      const name = this.token;
      if (name.kind === 'end' && !closing) return value;
      if (name.kind === 'end') throw this.error(`"${closing}" is missing`);
      if (name.kind !== 'word') throw this.error(`${shown(name)} stands where the name of a field is expected`);
      const field = message.field(name.value);
      if (!field)
        throw this.error(`"${name.value}" is not a field of ${message.name} (it has ${message.names.join(', ')})`);
      this.at++;
      this.value(field, value, name);
      this.sign(',', ';');
    }
  }

  /** One field: its value, or a list of them in brackets. */
  private value(field: Field, into: Record<string, unknown>, name: Token): void {
    const colon = this.sign(':');
    if (this.sign('[')) {
      if (!field.repeated) throw this.error(`"${field.name}" takes one value, not a list`, name);
      if (!field.entry) into[field.name] ??= [];
      if (this.sign(']')) return;
      do this.add(field, this.single(field), into, name);
      while (this.sign(','));
      if (!this.sign(']')) throw this.error(`${shown(this.token)} stands where "," or "]" is expected`);
      return;
    }
    if (!colon && !field.message && !field.entry) throw this.error(`":" is missing behind "${field.name}"`);
    this.add(field, this.single(field), into, name);
  }

  private add(field: Field, value: Value, into: Record<string, unknown>, name: Token): void {
    if (field.entry) {
      const { key, value: content } = value as { key?: unknown; value?: unknown };
      const map = (into[field.name] ??= {}) as Record<string, unknown>;
      // Own properties only: a key "__proto__" is a key like any other.
      Object.defineProperty(map, String(key ?? ''), {
        value: content ?? {},
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else if (field.repeated) ((into[field.name] ??= []) as Value[]).push(value);
    else if (into[field.name] !== undefined) throw this.error(`"${field.name}" is there twice`, name);
    else into[field.name] = value;
  }

  private single(field: Field): Value {
    if (!field.message && !field.entry) return this.scalar(field);
    const opening = this.sign('{', '<');
    if (!opening) throw this.error(`${shown(this.token)} stands where "{" is expected`);
    if (++this.depth > MAX_DEPTH) throw this.error(`more than ${MAX_DEPTH} levels`);
    const message = field.message ?? entryMessage(field);
    const value = this.fields(message, opening === '{' ? '}' : '>');
    this.depth--;
    return value;
  }

  private scalar(field: Field): Value {
    const { kind } = field;
    const negative = this.sign('-') ? '-' : '';
    const token = this.token;
    this.at++;
    const text = negative + token.value;
    const wrong = (expected: string) => this.error(`"${field.name}" is ${shown(token)}, expected ${expected}`, token);
    if (kind === 'string') {
      if (token.kind !== 'text') throw wrong('a text in quotes');
      return token.value;
    }
    if (kind === 'bool') {
      if (/^(true|True|t|1)$/.test(text) && token.kind !== 'text') return true;
      if (/^(false|False|f|0)$/.test(text) && token.kind !== 'text') return false;
      throw wrong('true or false');
    }
    if (kind === 'enum') {
      const named = token.kind === 'number' ? field.values?.[Number(text)] : token.value;
      if (token.kind === 'text' || !named || !field.values?.includes(named))
        throw wrong(`one of ${field.values?.join(', ')}`);
      return named;
    }
    if (kind === 'float') {
      const number = token.kind === 'number' ? Number(text.replace(/^([-+]?[\d.]+(?:[eE][-+]?\d+)?)[fF]$/, '$1')) : NaN;
      if (!Number.isFinite(number)) throw wrong('a number');
      return number;
    }
    const number = token.kind === 'number' ? whole(text, field) : undefined;
    if (number === undefined)
      throw wrong(`a whole number of ${field.bits} bits${kind === 'uint' ? ' that is not negative' : ''}`);
    return number;
  }
}

/** Decimal, hexadecimal, or octal behind a 0. @returns undefined when it is none, or does not fit */
function whole(text: string, { kind, bits }: Field): number | string | undefined {
  const [, sign, digits] = /^([-+]?)(\d+|0[xX][\da-fA-F]+)$/.exec(text) ?? [];
  if (digits === undefined || /^0\d*[89]/.test(digits)) return undefined;
  const magnitude = BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const value = sign === '-' ? -magnitude : magnitude;
  const fits = kind === 'int' ? BigInt.asIntN(bits, value) === value : BigInt.asUintN(bits, value) === value;
  if (!fits) return undefined;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

/** A map is written as repeated messages with `key` and `value`. */
function entryMessage({ name, entry }: Field): Message {
  const fields = { key: { ...entry!.key, name: 'key' }, value: { ...entry!.value, name: 'value' } };
  return {
    name: `${name} entry`,
    names: ['key', 'value'],
    field: (wanted) => (wanted === 'key' || wanted === 'value' ? fields[wanted] : undefined),
  };
}

const shown = ({ kind, value }: Token) =>
  kind === 'end' ? 'the end' : kind === 'text' ? JSON.stringify(value) : `"${value}"`;
