import type { Operator } from '../../../imaging/ops/intensity/combine';
import { isVoxelFunction, voxelFunction, type CallArguments, type VoxelFunction } from './functions';

/** An expression over the channels of one image, such as `torch.where(x[[2]] > 0, 4, x[1:])`. */
export type ChannelExpression =
  | { kind: 'number'; value: number }
  | { kind: 'image' }
  /** Channels by number, or from one up to another; counted from the end when negative. */
  | { kind: 'channels'; of: ChannelExpression; list: number[] }
  | { kind: 'range'; of: ChannelExpression; from?: number; to?: number }
  | { kind: 'combine'; operator: Operator; a: ChannelExpression; b: ChannelExpression }
  | { kind: 'where'; condition: ChannelExpression; a: ChannelExpression; b: ChannelExpression }
  | { kind: 'call'; of: ChannelExpression; f: VoxelFunction };

const SUPPORTED =
  'run are x, x[[0, 2]], x[1:], numbers, + - * /, comparisons, & |, and of torch, numpy or as methods where, clamp or clip, nan_to_num, abs and casts';
const MAX_LENGTH = 1000;
const NO_ARGUMENTS: CallArguments = { list: [], named: new Map() };

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
    if (token.kind === 'name') {
      const [first, ...path] = token.text.split('.');
      if (first === variable && path.every(isVoxelFunction)) return methods({ kind: 'image' }, path);
      const isModule = /^(torch|numpy|np)$/.test(first) && path.length === 1 && (path[0] === 'where' || isVoxelFunction(path[0]));
      if (isModule && path[0] === 'where') return where();
      if (isModule) {
        expect('(');
        const of = level(0);
        return subscripted(call(path[0], of, take(',') ? callArguments() : (expect(')'), NO_ARGUMENTS)));
      }
    }
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

  /** `.name(…)` behind a value: the names are split off where the variable is, since they are read as one. */
  const methods = (of: ChannelExpression, path: readonly string[]): ChannelExpression => {
    if (path.length === 0) return subscripted(of);
    if (path.length > 1 || !isVoxelFunction(path[0])) throw refuse(`".${path.join('.')}" is not known here`);
    expect('(');
    return subscripted(call(path[0], of, callArguments()));
  };

  const call = (name: string, of: ChannelExpression, given: CallArguments): ChannelExpression => {
    try {
      return { kind: 'call', of, f: voxelFunction(name, given) };
    } catch (error) {
      throw refuse((error as Error).message);
    }
  };

  /** Up to the closing bracket. */
  const callArguments = (): CallArguments => {
    const list: (number | string | null)[] = [];
    const named = new Map<string, number | string | null>();
    while (!take(')')) {
      const isNamed = tokens[at].kind === 'name' && tokens[at + 1].text === '=';
      if (isNamed) {
        const name = tokens[at].text;
        at += 2;
        named.set(name, constant());
      } else list.push(constant());
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return { list, named };
  };

  /** A number, None, or the name of a type. */
  const constant = (): number | string | null => {
    const sign = take('-') ? -1 : 1;
    const token = tokens[at++];
    if (token.kind === 'number') return sign * Number(token.text);
    if (token.kind === 'name' && /^(torch|np|numpy|math)\.inf$/.test(token.text)) return sign * Infinity;
    if (token.kind === 'name' && sign === 1) return token.text === 'None' ? null : token.text;
    throw refuse(`"${token.text}" stands where a number is expected`);
  };

  const whole = (): number => {
    const sign = take('-') ? -1 : 1;
    const token = tokens[at++];
    if (token.kind !== 'number' || !/^\d+$/.test(token.text)) throw refuse(`"${token.text}" stands where the number of a channel is expected`);
    return sign * Number(token.text);
  };

  const subscripted = (of: ChannelExpression): ChannelExpression => {
    if (take('.')) {
      const token = tokens[at++];
      if (token.kind !== 'name') throw refuse(`"${token.text}" stands where a method is expected`);
      return methods(of, token.text.split('.'));
    }
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
