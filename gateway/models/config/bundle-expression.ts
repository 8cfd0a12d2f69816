/**
 * The few Python expressions that MONAI bundles use where a value is needed (`transforms.md` §7.6): literals, lists, `@references`,
 * `+`, `not`, `A if C else B`, `len(...)`, and dtypes such as `numpy.float32`. Everything else is refused: nothing is ever evaluated
 * as code.
 */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

type Token = { kind: 'number' | 'text' | 'name' | 'reference' | 'sign' | 'end'; text: string };

/** Longer than any expression or value of a bundle. */
const MAX_EXPRESSION = 1000;
const MAX_LENGTH = 100_000;

/** Any character that belongs to nothing else is a sign: the parser says where it does not fit. */
const tokenPattern =
  /\s*(?:(?<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|'(?<single>(?:[^'\\]|\\.)*)'|"(?<double>(?:[^"\\]|\\.)*)"|@(?<reference>\w+(?:(?:#|::)\w+)*)|(?<name>[A-Za-z_][\w.]*)|(?<sign>\S))/g;

/**
 * @param expression without the leading `$`
 * @param resolve gives the value of `@name#sub`
 * @throws ExpressionError for anything outside the list above
 */
export function evaluateExpression(expression: string, resolve: (reference: string) => unknown): unknown {
  if (expression.length > MAX_EXPRESSION) throw new ExpressionError(`it is longer than ${MAX_EXPRESSION} characters`);
  const parser = new Parser(tokenise(expression), resolve);
  const value = parser.conditional();
  parser.expect('end');
  return value;
}

function tokenise(expression: string): Token[] {
  const tokens: Token[] = [];
  for (const { groups = {} } of expression.matchAll(tokenPattern)) {
    const { number, single, double, reference, name, sign } = groups;
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (reference !== undefined) tokens.push({ kind: 'reference', text: reference });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    else tokens.push({ kind: 'text', text: (single ?? double).replace(/\\(.)/g, '$1') });
  }
  return [...tokens, { kind: 'end', text: 'the end' }];
}

/** Recursive descent, one method per level of binding strength. */
class Parser {
  private position = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly resolve: (reference: string) => unknown,
  ) {}

  /** `A if C else B` */
  conditional(): unknown {
    const value = this.sum();
    if (!this.take('name', 'if')) return value;
    const condition = this.sum();
    this.expect('name', 'else');
    const otherwise = this.conditional();
    return isTrue(condition) ? value : otherwise;
  }

  private sum(): unknown {
    let value = this.operand();
    while (this.take('sign', '+')) value = add(value, this.operand());
    return value;
  }

  private operand(): unknown {
    if (this.take('name', 'not')) return !isTrue(this.operand());
    if (this.take('sign', '-')) {
      const value = this.operand();
      if (typeof value !== 'number') throw new ExpressionError('"-" stands before something that is not a number');
      return -value;
    }
    if (this.take('sign', '[')) return this.list(']');
    if (this.take('sign', '(')) {
      const items = this.list(')');
      return items.length === 1 ? items[0] : items;
    }
    const token = this.tokens[this.position++];
    if (token.kind === 'number') return Number(token.text);
    if (token.kind === 'text') return token.text;
    if (token.kind === 'reference') return this.resolve(token.text);
    if (token.kind === 'name') return this.named(token.text);
    throw new ExpressionError(`"${token.text}" stands where a value is needed`);
  }

  private named(name: string): unknown {
    const constants: Record<string, unknown> = { True: true, False: false, None: null };
    if (Object.hasOwn(constants, name)) return constants[name];
    const [, type] = /^(?:numpy|np|torch)\.(u?int\d+|float\d+|bool)$/.exec(name) ?? [];
    if (type) return type;
    if (name !== 'len') throw new ExpressionError(`"${name}" is Python code, which cannot run here`);
    this.expect('sign', '(');
    const [value] = this.list(')');
    if (Array.isArray(value) || typeof value === 'string') return value.length;
    if (typeof value === 'object' && value !== null) return Object.keys(value).length;
    throw new ExpressionError('len() needs a list, an object or a text');
  }

  private list(close: string): unknown[] {
    const items: unknown[] = [];
    while (!this.take('sign', close)) {
      items.push(this.conditional());
      if (!this.take('sign', ',')) {
        this.expect('sign', close);
        break;
      }
    }
    return items;
  }

  private take(kind: Token['kind'], text: string): boolean {
    const token = this.tokens[this.position];
    if (token.kind !== kind || token.text !== text) return false;
    this.position++;
    return true;
  }

  expect(kind: Token['kind'], text?: string): void {
    const token = this.tokens[this.position++];
    if (token.kind === kind && (text === undefined || token.text === text)) return;
    throw new ExpressionError(`"${token.text}" stands where ${text ? `"${text}"` : 'the expression should end'}`);
  }
}

function add(a: unknown, b: unknown): unknown {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  const texts = typeof a === 'string' && typeof b === 'string';
  const lists = Array.isArray(a) && Array.isArray(b);
  if ((texts || lists) && a.length + b.length > MAX_LENGTH) throw new ExpressionError('its result is too long');
  if (texts) return a + b;
  if (lists) return [...(a as unknown[]), ...(b as unknown[])];
  throw new ExpressionError('"+" needs two numbers, two texts or two lists');
}

/** Python's truth: empty texts, lists and objects are false. */
function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}
