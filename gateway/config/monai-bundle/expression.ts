import {
  add,
  calculate,
  call,
  compare,
  ExpressionError,
  isFunction,
  isTrue,
  item,
  type Arithmetic,
  type Comparison,
} from './values';

export { ExpressionError } from './values';

/**
 * The few Python expressions that MONAI bundles use where a value is needed (`transforms.md` §7.6): literals, lists, `@references`, arithmetic,
 * comparisons, `and`, `or`, `not`, `A if C else B`, `list[0]`, a handful of functions (`len`, `float`, `os.path.join`, ...), dtypes such as
 * `numpy.float32`, and MONAI's names of fields. Everything else is refused: nothing is ever evaluated as code.
 */
type Token = { kind: 'number' | 'text' | 'name' | 'reference' | 'sign' | 'end'; text: string };

/** Names that stand for a text: torch's other ones of dtypes, MONAI's of fields. */
const namedTexts = new Map([
  ['torch.half', 'float16'],
  ['torch.float', 'float32'],
  ['torch.double', 'float64'],
  ['torch.short', 'int16'],
  ['torch.int', 'int32'],
  ['torch.long', 'int64'],
  ['monai.transforms.utils.is_positive', 'lambda x: x > 0'],
  ['monai.utils.CommonKeys.IMAGE', 'image'],
  ['monai.utils.CommonKeys.LABEL', 'label'],
  ['monai.utils.CommonKeys.PRED', 'pred'],
]);

/** Longer than any expression of a bundle. */
const MAX_EXPRESSION = 1000;

/** Any character that belongs to nothing else is a sign: the parser says where it does not fit. */
const tokenPattern =
  /\s*(?:(?<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|'(?<single>(?:[^'\\]|\\.)*)'|"(?<double>(?:[^"\\]|\\.)*)"|@(?<reference>\w+(?:(?:#|::)\w+)*)|(?<name>[A-Za-z_][\w.]*)|(?<sign>\/\/|[=!<>]=|\S))/g;

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
    const value = this.either();
    if (!this.take('name', 'if')) return value;
    const condition = this.either();
    this.expect('name', 'else');
    const otherwise = this.conditional();
    return isTrue(condition) ? value : otherwise;
  }

  private either(): unknown {
    let value = this.both();
    while (this.take('name', 'or')) {
      const other = this.both();
      value = isTrue(value) ? value : other;
    }
    return value;
  }

  private both(): unknown {
    let value = this.negation();
    while (this.take('name', 'and')) {
      const other = this.negation();
      value = isTrue(value) ? other : value;
    }
    return value;
  }

  private negation(): unknown {
    return this.take('name', 'not') ? !isTrue(this.negation()) : this.comparison();
  }

  private comparison(): unknown {
    const value = this.sum();
    const sign = this.takeOneOf('==', '!=', '<=', '>=', '<', '>');
    return sign ? compare(sign as Comparison, value, this.sum()) : value;
  }

  private sum(): unknown {
    let value = this.product();
    for (let sign = this.takeOneOf('+', '-'); sign; sign = this.takeOneOf('+', '-'))
      value = sign === '+' ? add(value, this.product()) : calculate('-', value, this.product());
    return value;
  }

  private product(): unknown {
    let value = this.element();
    for (let sign = this.takeOneOf('*', '//', '/', '%'); sign; sign = this.takeOneOf('*', '//', '/', '%'))
      value = calculate(sign as Arithmetic, value, this.element());
    return value;
  }

  /** A value and the `[key]`s behind it. */
  private element(): unknown {
    let value = this.operand();
    while (this.take('sign', '[')) {
      value = item(value, this.conditional());
      this.expect('sign', ']');
    }
    return value;
  }

  private operand(): unknown {
    if (this.take('sign', '-')) {
      const value = this.element();
      if (typeof value !== 'number') throw new ExpressionError('"-" stands before something that is not a number');
      return -value;
    }
    if (this.take('sign', '[')) return this.list(']');
    if (this.take('sign', '(')) {
      const items = this.list(')');
      // (1 + 2) is a value, (3,) a list.
      const list = this.tokens[this.position - 2].text === ',';
      return items.length === 1 && !list ? items[0] : items;
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
    const text = type ?? namedTexts.get(name);
    if (text) return text;
    if (!isFunction(name)) throw new ExpressionError(`"${name}" is Python code, which cannot run here`);
    this.expect('sign', '(');
    return call(name, this.list(')'));
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

  private takeOneOf(...signs: string[]): string | undefined {
    return signs.find((sign) => this.take('sign', sign));
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
