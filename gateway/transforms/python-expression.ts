/** An expression in Python's syntax, as a tree: what its names mean and which parts may be used is decided by who evaluates it. */
export type Expression =
  | { kind: 'value'; value: number | string | boolean | null }
  /** With its module: `torch.where`. */
  | { kind: 'name'; name: string }
  /** `@name` of a MONAI bundle, without the `@`. */
  | { kind: 'reference'; name: string }
  | { kind: 'list'; items: Expression[] }
  | { kind: 'negative' | 'not'; of: Expression }
  | { kind: 'operation'; operator: string; a: Expression; b: Expression }
  /** `then if condition else otherwise` */
  | { kind: 'choice'; condition: Expression; then: Expression; otherwise: Expression }
  | { kind: 'item'; of: Expression; key: Expression }
  | { kind: 'range'; of: Expression; from?: Expression; to?: Expression }
  | { kind: 'attribute'; of: Expression; name: string }
  | { kind: 'call'; of: Expression; list: Expression[]; named: ReadonlyMap<string, Expression> };

export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

/** Longer than any expression of a bundle. */
const MAX_LENGTH = 1000;

/** Binary operators by binding strength, as Python has them. Comparisons are not chained. */
const COMPARISON = 3;
const strengths: ReadonlyMap<string, number> = new Map(
  [['or'], ['and'], [], ['==', '!=', '<=', '>=', '<', '>'], ['|'], ['&'], ['+', '-'], ['*', '//', '/', '%']].flatMap(
    (operators, strength) => operators.map((operator) => [operator, strength] as const),
  ),
);

const constants = new Map<string, boolean | null>([
  ['True', true],
  ['False', false],
  ['None', null],
]);

type Token = { kind: 'number' | 'text' | 'name' | 'reference' | 'sign' | 'end'; text: string };

/** Any character that belongs to nothing else is a sign: the parser says where it does not fit. */
const tokenPattern =
  /\s*(?:(?<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|'(?<single>(?:[^'\\]|\\.)*)'|"(?<double>(?:[^"\\]|\\.)*)"|@(?<reference>\w+(?:(?:#|::)\w+)*)|(?<name>[A-Za-z_][\w.]*)|(?<sign>\/\/|[=!<>]=|\S))/g;

/**
 * Reads the part of Python's expressions that configs need: literals, lists, names, arithmetic, comparisons, `and`, `or`, `not`,
 * `A if C else B`, subscripts, calls and methods. Nothing is ever evaluated as code.
 * @param checkName hears each name of a value as it is read, and may throw
 * @throws ExpressionError saying what stands where
 * @example parseExpression('1 + @n') // { kind: 'operation', operator: '+', a: { kind: 'value', value: 1 }, b: { kind: 'reference', name: 'n' } }
 */
export function parseExpression(text: string, checkName: (name: string) => void = () => {}): Expression {
  if (text.length > MAX_LENGTH) throw new ExpressionError(`it is longer than ${MAX_LENGTH} characters`);
  const tokens = tokenise(text);
  let at = 0;

  const isNext = (text: string) =>
    (tokens[at].kind === 'sign' || tokens[at].kind === 'name') && tokens[at].text === text;
  const take = (text: string) => isNext(text) && ++at > 0;
  const expect = (text: string) => {
    if (!take(text)) throw new ExpressionError(`"${tokens[at].text}" stands where "${text}" is expected`);
  };

  const conditional = (): Expression => {
    const then = binary(0);
    if (!take('if')) return then;
    const condition = binary(0);
    expect('else');
    return { kind: 'choice', condition, then, otherwise: conditional() };
  };

  const binary = (least: number): Expression => {
    let a = unary();
    for (let most = Infinity; ;) {
      const { kind, text: operator } = tokens[at];
      const strength = kind === 'sign' || kind === 'name' ? strengths.get(operator) : undefined;
      if (strength === undefined || strength < least || strength > most) return a;
      at++;
      a = { kind: 'operation', operator, a, b: binary(strength + 1) };
      if (strength === COMPARISON) most = COMPARISON - 1;
    }
  };

  const unary = (): Expression => {
    if (take('not')) return { kind: 'not', of: binary(COMPARISON) };
    return take('-') ? { kind: 'negative', of: unary() } : postfix(primary());
  };

  /** The subscripts, calls and methods after a value. */
  const postfix = (of: Expression): Expression => {
    if (take('[')) return postfix(subscript(of));
    if (take('(')) return postfix({ kind: 'call', of, ...callArguments() });
    if (!take('.')) return of;
    const { kind, text: name } = tokens[at++];
    if (kind !== 'name') throw new ExpressionError(`"${name}" stands where a method is expected`);
    return postfix({ kind: 'attribute', of, name });
  };

  const subscript = (of: Expression): Expression => {
    const from = isNext(':') ? undefined : conditional();
    if (from && take(']')) return { kind: 'item', of, key: from };
    expect(':');
    const to = isNext(']') ? undefined : conditional();
    expect(']');
    return { kind: 'range', of, from, to };
  };

  const callArguments = () => {
    const named = new Map<string, Expression>();
    const list = items(')', () => {
      if (tokens[at].kind !== 'name' || tokens[at + 1].text !== '=') return conditional();
      const { text: name } = tokens[at];
      at += 2;
      named.set(name, conditional());
      return undefined;
    });
    return { list, named };
  };

  /** Up to the closing bracket, with commas between; a last comma may follow. */
  const items = (close: string, read: () => Expression | undefined): Expression[] => {
    const found: Expression[] = [];
    while (!take(close)) {
      const item = read();
      if (item) found.push(item);
      if (take(',')) continue;
      expect(close);
      break;
    }
    return found;
  };

  const primary = (): Expression => {
    if (take('[')) return { kind: 'list', items: items(']', conditional) };
    if (take('(')) {
      const inner = items(')', conditional);
      // (1 + 2) is a value, (3,) a list.
      return inner.length === 1 && tokens[at - 2].text !== ',' ? inner[0] : { kind: 'list', items: inner };
    }
    const { kind, text: name } = tokens[at++];
    if (kind === 'number') return { kind: 'value', value: Number(name) };
    if (kind === 'text') return { kind: 'value', value: name };
    if (kind === 'reference') return { kind, name };
    if (kind !== 'name') throw new ExpressionError(`"${name}" stands where a value is needed`);
    const constant = constants.get(name);
    if (constant !== undefined) return { kind: 'value', value: constant };
    checkName(name);
    return { kind, name };
  };

  const expression = conditional();
  if (tokens[at].kind === 'end') return expression;
  throw new ExpressionError(`"${tokens[at].text}" stands where the expression should end`);
}

function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  for (const { groups = {} } of text.matchAll(tokenPattern)) {
    const { single, double } = groups;
    const kind = (['number', 'reference', 'name', 'sign'] as const).find((one) => groups[one] !== undefined);
    if (kind) tokens.push({ kind, text: groups[kind] });
    else tokens.push({ kind: 'text', text: (single ?? double).replace(/\\(.)/g, '$1') });
  }
  return [...tokens, { kind: 'end', text: 'the end' }];
}
