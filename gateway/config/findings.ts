import { codes, fail, type GatewayError } from '../errors';
import { didYouMean } from '../near-names';

/** Codes of reading a config. */
export const configErrors = codes('BAD_CONFIG');

/** Keys and indices from the top of the config to a value. */
export type ConfigPath = readonly (string | number)[];

/** A fault at one place of a config. `unsupported-transform`: a name that is known, and refused on purpose. */
export interface ConfigFinding {
  kind: 'invalid' | 'unknown-transform' | 'unsupported-transform' | 'unsafe' | 'expression';
  /** As in JavaScript: `pre_transforms[2].args.pixdim`; empty for the whole config. */
  path: string;
  /** As written; long ones shortened to a text. */
  value?: unknown;
  expected: string;
  /** A whole sentence without full stop: path, value, what was expected. */
  message: string;
  suggestions?: string[];
}

/** Nobody reads more; a config of a megabyte has room for a hundred thousand. */
const MOST_FINDINGS = 100;

/** Collects everything that is wrong or odd in a config, so that its author sees all of it at once. */
export class Findings {
  readonly errors: ConfigFinding[] = [];
  readonly warnings: string[] = [];
  private unnamed = 0;

  /** Records `<path> is <value>, but must be <expected>`; with `message` the sentence is the caller's. Suggestions end it. */
  add(path: ConfigPath, value: unknown, expected: string, more: Partial<ConfigFinding> = {}): void {
    if (this.errors.length >= MOST_FINDINGS) return void this.unnamed++;
    const { kind = 'invalid', suggestions = [] } = more;
    const place = pathText(path);
    const shown = showValue(value);
    const problem = value === undefined ? `is missing; expected ${expected}` : `is ${shown}, but must be ${expected}`;
    const message = (more.message ?? `${place || 'the config'} ${problem}`) + didYouMean(suggestions);
    // Findings go to the client: a whole section as a value would hide them.
    const isLong = (JSON.stringify(value)?.length ?? 0) > 300;
    const finding = { kind, path: place, value: isLong ? shown : value, expected, message };
    this.errors.push({ ...finding, ...(suggestions.length > 0 && { suggestions }) });
  }

  warn(sentence: string): void {
    if (this.warnings.length < MOST_FINDINGS) this.warnings.push(sentence);
    else this.warnings[MOST_FINDINGS] = `There is more to warn of: ${MOST_FINDINGS} warnings are shown`;
  }

  /** The findings as one error, or undefined. */
  toError(): GatewayError | undefined {
    const findings = this.errors;
    if (findings.length === 0) return undefined;
    const more = findings.length + this.unnamed - 1;
    const rest = more > 0 ? ` (and ${more} more problem${more > 1 ? 's' : ''}, listed in details.findings)` : '';
    return fail('BAD_CONFIG', { what: findings[0].message + rest }, { details: { findings } });
  }
}

/** `['a', 2, 'b c']` → `a[2]["b c"]`. */
export function pathText(path: ConfigPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    if (!/^[\w-]+$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text ? `${text}.${key}` : key;
  }, '');
}

/** A value for a sentence: its JSON, shortened, and its type where that is not plain to see. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'missing';
  const json = JSON.stringify(value) ?? String(value);
  const short = json.length > 80 ? `${json.slice(0, 77)}...` : json;
  return typeof value === 'string' ? `${short} (a string)` : short;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
