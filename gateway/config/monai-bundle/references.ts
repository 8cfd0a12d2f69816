import { ExpressionError } from '../../transforms/python-expression';
import { isRecord, pathText, type ConfigPath, type Findings } from '../findings';
import { countingValues, evaluateExpression } from './expression';

/** A few references to references can name billions of values; no bundle has as many as this. */
const MAX_VALUES = 100_000;
const MAX_CHAIN = 100;

/**
 * Values of a MONAI bundle config with `@name` references and `$` expressions filled in.
 * References go to the top level; `#` or `::` go further in (`@displayable_configs#highres`).
 */
export class BundleReferences {
  /** References that are being resolved: one that meets itself would never end. */
  private readonly open: string[] = [];
  /** Values looked at so far. */
  private seen = 0;
  private readonly made = countingValues();

  constructor(private readonly config: Record<string, unknown>) {}

  /** The value with everything inside it filled in. @throws ExpressionError naming the expression that is not understood */
  resolve(value: unknown): unknown {
    if (++this.seen > MAX_VALUES) throw new ExpressionError('the references of the config name too many values');
    if (typeof value === 'string') return this.resolveText(value);
    if (Array.isArray(value)) return value.map((item) => this.resolve(item));
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.resolve(inner)]));
  }

  /** As {@link resolve}, but an expression that is not understood becomes a finding and gives undefined. */
  read(value: unknown, path: ConfigPath, findings: Findings): unknown {
    try {
      return this.resolve(value);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      const message = `${pathText(path)}: ${error.message}`;
      findings.add(path, value, 'a value, a reference or a simple expression', { kind: 'expression', message });
      return undefined;
    }
  }

  /** As {@link resolve}, but what is not understood stays as it is written: for parts that cannot run here anyway. */
  resolveWhatCanBe(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.resolveWhatCanBe(item));
    if (isRecord(value))
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.resolveWhatCanBe(inner)]));
    try {
      return this.resolve(value);
    } catch (error) {
      if (error instanceof ExpressionError) return value;
      throw error;
    }
  }

  private resolveText(text: string): unknown {
    try {
      if (text.startsWith('$')) return evaluateExpression(text.slice(1), (name) => this.lookUp(name), this.made);
      if (text.startsWith('@')) return this.lookUp(text.slice(1));
      if (text.startsWith('%')) throw new ExpressionError('macros ("%") are not supported');
      return text;
    } catch (error) {
      if (!(error instanceof ExpressionError) || error.message.includes('the expression ')) throw error;
      throw new ExpressionError(`the expression ${JSON.stringify(text)} cannot be used: ${error.message}`);
    }
  }

  private lookUp(reference: string): unknown {
    if (this.open.includes(reference))
      throw new ExpressionError(`"@${reference}" refers to itself (${[...this.open, reference].join(' → ')})`);
    if (this.open.length >= MAX_CHAIN)
      throw new ExpressionError(`more than ${MAX_CHAIN} references follow one another`);
    this.open.push(reference);
    try {
      return this.resolve(this.find(reference));
    } finally {
      this.open.pop();
    }
  }

  private find(reference: string): unknown {
    let value: unknown = this.config;
    for (const key of reference.split(/#|::/)) {
      const list = Array.isArray(value) && /^\d+$/.test(key);
      if (!list && !(isRecord(value) && Object.hasOwn(value, key)))
        throw new ExpressionError(`the config has nothing called "@${reference}"`);
      value = (value as Record<string, unknown>)[key];
    }
    return value;
  }
}
