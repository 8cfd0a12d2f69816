import type { Operator } from '../../../imaging/kernels/combine';

/** An expression over the channels of one image, such as `torch.where(x[[2]] > 0, 4, x[1:])`. */
export type ChannelExpression =
  | { kind: 'number'; value: number }
  | { kind: 'image' }
  /** Channels by number, or from one up to another; counted from the end when negative. */
  | { kind: 'channels'; of: ChannelExpression; list: number[] }
  | { kind: 'range'; of: ChannelExpression; from?: number; to?: number }
  | { kind: 'combine'; operator: Operator; a: ChannelExpression; b: ChannelExpression }
  | { kind: 'where'; condition: ChannelExpression; a: ChannelExpression; b: ChannelExpression };

const SUPPORTED = 'run are x, x[[0, 2]], x[1:], numbers, + - * /, comparisons, & | and torch.where or numpy.where';
const MAX_LENGTH = 1000;

const TOKEN = /\s*(?:(?<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|(?<name>[A-Za-z_][\w.]*)|(?<sign>>=|<=|==|!=|\S))/g;

interface Token {
  kind: 'number' | 'name' | 'sign' | 'end';
  text: string;
}

/** Operators by binding strength, the weakest first, as Python has them. */
const LEVELS: readonly (readonly Operator[])[] = [
  ['>', '>=', '<', '<=', '==', '!='],
  ['|'],
  ['&'],
  ['+', '-'],
  ['*', '/'],
];

/**
 * Reads `lambda x: …`. Nothing is ever evaluated as code: what is not in the list of {@link ChannelExpression} is refused.
 * @throws Error showing the expression and what is run
 */
export function parseLambda(text: string): ChannelExpression {
  const [, variable, body] = /^\s*\$?\s*lambda\s+([A-Za-z_]\w*)\s*:(.*)$/s.exec(text) ?? [];
  const refuse = (why: string) => new Error(`the expression ${JSON.stringify(text.slice(0, 300))} cannot be run: ${why}; what can be ${SUPPORTED}`);
  if (!body || text.length > MAX_LENGTH) throw refuse('it is not a short lambda of one variable');
  const tokens: Token[] = [...body.matchAll(TOKEN)].map(({ groups = {} }) => {
    const kind = groups.number !== undefined ? 'number' : groups.name !== undefined ? 'name' : 'sign';
    return { kind, text: groups[kind] };
  });
  tokens.push({ kind: 'end', text: 'the end' });
  let at = 0;

  const take = (sign: string): boolean => tokens[at].kind === 'sign' && tokens[at].text === sign && ++at > 0;
  const expect = (sign: string): void => {
    if (!take(sign)) throw refuse(`"${tokens[at].text}" stands where "${sign}" is expected`);
  };

  const level = (n: number): ChannelExpression => {
    if (n === LEVELS.length) return operand();
    let a = level(n + 1);
    for (;;) {
      const operator = LEVELS[n].find((candidate) => tokens[at].kind === 'sign' && tokens[at].text === candidate);
      if (!operator) return a;
      at++;
      a = { kind: 'combine', operator, a, b: level(n + 1) };
    }
  };

  const operand = (): ChannelExpression => {
    if (take('-')) return { kind: 'combine', operator: '-', a: { kind: 'number', value: 0 }, b: operand() };
    const token = tokens[at++];
    if (token.kind === 'number') return { kind: 'number', value: Number(token.text) };
    if (token.kind === 'sign' && token.text === '(') return subscripted(closed(level(0)));
    if (token.kind === 'name' && token.text === variable) return subscripted({ kind: 'image' });
    if (token.kind === 'name' && /^(torch|numpy|np)\.where$/.test(token.text)) return where();
    throw refuse(`"${token.text}" is not known here`);
  };

  const closed = (inner: ChannelExpression): ChannelExpression => {
    expect(')');
    return inner;
  };

  const where = (): ChannelExpression => {
    expect('(');
    const condition = level(0);
    expect(',');
    const a = level(0);
    expect(',');
    return closed({ kind: 'where', condition, a, b: level(0) });
  };

  const whole = (): number => {
    const sign = take('-') ? -1 : 1;
    const token = tokens[at++];
    if (token.kind !== 'number' || !/^\d+$/.test(token.text)) throw refuse(`"${token.text}" stands where the number of a channel is expected`);
    return sign * Number(token.text);
  };

  const subscripted = (of: ChannelExpression): ChannelExpression => {
    if (!take('[')) return of;
    if (take('[')) {
      const list = [whole()];
      while (take(',')) list.push(whole());
      expect(']');
      expect(']');
      return subscripted({ kind: 'channels', of, list });
    }
    const from = take(':') ? undefined : whole();
    if (from !== undefined && !take(':')) throw refuse(`[${from}] would take the channel axis away; write [[${from}]]`);
    const to = take(']') ? undefined : whole();
    if (to !== undefined) expect(']');
    return subscripted({ kind: 'range', of, from, to });
  };

  const expression = level(0);
  if (tokens[at].kind !== 'end') throw refuse(`"${tokens[at].text}" stands where it should end`);
  return expression;
} // prettier-ignore
