import type { Operator } from '../../../imaging/ops/intensity/combine';
import { parseExpression, type Expression } from '../../python-expression';
import { isVoxelFunction, voxelFunction, type VoxelFunction } from './functions';

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

const operators: readonly string[] = [
  '>',
  '>=',
  '<',
  '<=',
  '==',
  '!=',
  '|',
  '&',
  '+',
  '-',
  '*',
  '/',
] satisfies Operator[];

/**
 * Reads `lambda x: …`. Nothing is ever evaluated as code: what is not in the list of {@link ChannelExpression} is refused.
 * @throws Error showing the expression and what is run
 */
export function parseLambda(text: string): ChannelExpression {
  const [, variable, body] = /^\s*\$?\s*lambda\s+([A-Za-z_]\w*)\s*:(.*)$/s.exec(text) ?? [];
  try {
    if (!body || text.length > MAX_LENGTH) throw new Error('it is not a short lambda of one variable');
    return channelsOf(parseExpression(body), variable);
  } catch (error) {
    const why = (error as Error).message;
    const shown = JSON.stringify(text.slice(0, 300));
    throw new Error(`the expression ${shown} cannot be run: ${why}; what can be ${SUPPORTED}`, { cause: error });
  }
}

const unknown = (name: string) => new Error(`"${name}" is not known here`);

function channelsOf(tree: Expression, variable: string): ChannelExpression {
  const of = (inner: Expression) => channelsOf(inner, variable);
  switch (tree.kind) {
    case 'name':
      if (tree.name === variable) return { kind: 'image' };
      throw unknown(tree.name);
    case 'value':
      if (typeof tree.value === 'number') return { kind: 'number', value: tree.value };
      throw unknown(String(tree.value));
    case 'negative':
      return { kind: 'combine', operator: '-', a: { kind: 'number', value: 0 }, b: of(tree.of) };
    case 'operation':
      if (!operators.includes(tree.operator)) throw new Error(`"${tree.operator}" stands where it should end`);
      return { kind: 'combine', operator: tree.operator as Operator, a: of(tree.a), b: of(tree.b) };
    case 'item':
      if (tree.key.kind === 'list')
        return { kind: 'channels', of: of(tree.of), list: tree.key.items.map((key) => wholeOf(key)) };
      throw new Error(`[${wholeOf(tree.key)}] would take the channel axis away; write [[${wholeOf(tree.key)}]]`);
    case 'range':
      return { kind: 'range', of: of(tree.of), from: tree.from && wholeOf(tree.from), to: tree.to && wholeOf(tree.to) };
    case 'call':
      return callOf(tree, variable);
    case 'choice':
      throw new Error('"if" stands where it should end');
    case 'attribute':
      throw unknown(`.${tree.name}`);
    case 'reference':
      throw unknown(`@${tree.name}`);
    default:
      throw unknown(tree.kind === 'not' ? 'not' : '[');
  }
}

/** `torch.clamp(x, …)`, `x.clamp(…)`, `(…).clamp(…)`: the names of a variable and its method are read as one. */
function callOf(
  { of: callee, list, named }: Extract<Expression, { kind: 'call' }>,
  variable: string,
): ChannelExpression {
  const of = (inner: Expression) => channelsOf(inner, variable);
  const call = (name: string, value: ChannelExpression, given: readonly Expression[]): ChannelExpression => {
    const byName = new Map([...named].map(([key, argument]) => [key, constantOf(argument)]));
    return { kind: 'call', of: value, f: voxelFunction(name, { list: given.map(constantOf), named: byName }) };
  };
  if (callee.kind === 'attribute') {
    const value = of(callee.of);
    if (!isVoxelFunction(callee.name)) throw unknown(`.${callee.name}`);
    return call(callee.name, value, list);
  }
  if (callee.kind !== 'name') throw new Error('only functions and methods are called');
  const [first, name, ...more] = callee.name.split('.');
  const isModule = /^(torch|numpy|np)$/.test(first);
  if (name === 'where' && isModule && more.length === 0 && list.length === 3 && named.size === 0) {
    const [condition, a, b] = list.map(of);
    return { kind: 'where', condition, a, b };
  }
  if (name === undefined || more.length > 0 || !isVoxelFunction(name)) throw unknown(callee.name);
  if (first === variable) return call(name, { kind: 'image' }, list);
  if (!isModule || list.length === 0) throw unknown(callee.name);
  return call(name, of(list[0]), list.slice(1));
}

/** A number, None, or the name of a type. */
function constantOf(tree: Expression): number | string | null {
  if (tree.kind === 'name') return /^(torch|np|numpy|math)\.inf$/.test(tree.name) ? Infinity : tree.name;
  if (tree.kind === 'value' && typeof tree.value !== 'string')
    return typeof tree.value === 'boolean' ? String(tree.value) : tree.value;
  const negated = tree.kind === 'negative' ? constantOf(tree.of) : undefined;
  if (typeof negated === 'number') return -negated;
  throw new Error('an argument of a function must be a number, None or a type');
}

function wholeOf(tree: Expression): number {
  const value = tree.kind === 'negative' || tree.kind === 'value' ? constantOf(tree) : undefined;
  if (Number.isInteger(value)) return value as number;
  throw new Error('the number of a channel is expected between brackets');
}
