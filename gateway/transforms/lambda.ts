import { z } from 'zod';
import { joined } from '../imaging/ops/copy/blocks';
import { cast, elementTypes, type ElementType } from '../imaging/ops/intensity/cast';
import { choose, combine, operators, type Operator } from '../imaging/ops/intensity/combine';
import { withChannelAxis, type NumericArray, type Volume } from '../imaging/volume';
import { flag, onKeys, only, orNull, perKey, valueFor, withoutEffect } from './arguments';
import { fileChannels, withChannels } from './channels';
import { monai } from './definition';
import { parseExpression, type Expression } from './python-expression';

/** A number, or one array per channel. */
type Value = number | NumericArray[];

/** The result of an expression such as `torch.where(x[[2]] > 0, 4, x[1:])` for the channels of one image. */
type Lambda = (image: NumericArray[]) => Value;

type Argument = number | string | null;
type Parallel = (data: NumericArray) => NumericArray;

const SUPPORTED =
  'run are x, x[[0, 2]], x[1:], numbers, + - * /, comparisons, & |, and of torch, numpy or as methods where, clamp or clip, nan_to_num, abs and casts';
const MAX_LENGTH = 1000;
const LARGEST = 3.4028234663852886e38;

/** Reads `lambda x: …`. Nothing is ever evaluated as code: what is not known here is refused. @throws Error showing the expression and what is run */
function parseLambda(text: string): Lambda {
  const [, variable, body] = /^\s*\$?\s*lambda\s+([A-Za-z_]\w*)\s*:(.*)$/s.exec(text) ?? [];
  try {
    if (!body || text.length > MAX_LENGTH) throw new Error('it is not a short lambda of one variable');
    return lambdaOf(parseExpression(body), variable);
  } catch (error) {
    const why = (error as Error).message;
    const shown = JSON.stringify(text.slice(0, 300));
    throw new Error(`the expression ${shown} cannot be run: ${why}; what can be ${SUPPORTED}`, { cause: error });
  }
}

const unknown = (name: string) => new Error(`"${name}" is not known here`);

function lambdaOf(tree: Expression, variable: string): Lambda {
  const of = (inner: Expression) => lambdaOf(inner, variable);
  switch (tree.kind) {
    case 'name':
      if (tree.name === variable) return (image) => image;
      throw unknown(tree.name);
    case 'value': {
      const { value } = tree;
      if (typeof value === 'number') return () => value;
      throw unknown(String(value));
    }
    case 'negative':
      return combined('-', () => 0, of(tree.of));
    case 'operation': {
      const operator = operators.find((known) => known === tree.operator);
      if (!operator) throw new Error(`"${tree.operator}" stands where it should end`);
      return combined(operator, of(tree.a), of(tree.b));
    }
    case 'item': {
      if (tree.key.kind !== 'list')
        throw new Error(`[${wholeOf(tree.key)}] would take the channel axis away; write [[${wholeOf(tree.key)}]]`);
      const [inner, list] = [of(tree.of), tree.key.items.map(wholeOf)];
      return (image) => picked(inner(image), list);
    }
    case 'range': {
      const [inner, from, to] = [of(tree.of), tree.from && wholeOf(tree.from), tree.to && wholeOf(tree.to)];
      return (image) => channelsOf(inner(image)).slice(from, to);
    }
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
function callOf({ of: callee, list, named }: Extract<Expression, { kind: 'call' }>, variable: string): Lambda {
  const of = (inner: Expression) => lambdaOf(inner, variable);
  const call = (name: string, inner: Lambda, given: readonly Expression[]): Lambda => {
    const byName = new Map([...named].map(([key, argument]) => [key, constantOf(argument)]));
    const f = voxelFunction(name, given.map(constantOf), byName);
    return (image) => {
      const value = inner(image);
      if (typeof value === 'number') throw new Error('a function of a number alone gives no image');
      return value.map((data) => f(data));
    };
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
    const operands = list.map(of);
    return (image) => together(operands, image, ([condition, a, b]) => choose(asMask(condition, image), a, b));
  }
  if (name === undefined || more.length > 0 || !isVoxelFunction(name)) throw unknown(callee.name);
  if (first === variable) return call(name, (image) => image, list);
  if (!isModule || list.length === 0) throw unknown(callee.name);
  return call(name, of(list[0]), list.slice(1));
}

const asMask = (condition: NumericArray | number, [{ length }]: NumericArray[]): NumericArray =>
  typeof condition === 'number' ? new Uint8Array(length).fill(condition === 0 ? 0 : 1) : condition;

/** A number, None, or the name of a type. */
function constantOf(tree: Expression): Argument {
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

const combined =
  (operator: Operator, a: Lambda, b: Lambda): Lambda =>
  (image) =>
    together([a, b], image, ([left, right]) => combine(operator, left, right, image[0].length));

/** Channel by channel; numbers and single channels go with all. */
function together(operands: readonly Lambda[], image: NumericArray[], make: (of: (NumericArray | number)[]) => NumericArray) {
  const values = operands.map((operand) => operand(image));
  const counts = values.flatMap((value) => (typeof value === 'number' ? [] : [value.length]));
  const count = Math.max(1, ...counts);
  if (counts.some((n) => n !== 1 && n !== count))
    throw new Error(`${counts.join(' and ')} channels do not fit together`);
  return Array.from({ length: count }, (_, c) => make(values.map((value) => (typeof value === 'number' ? value : value[value.length === 1 ? 0 : c]))));
} // prettier-ignore

function channelsOf(value: Value): NumericArray[] {
  if (typeof value === 'number') throw new Error('a number has no channels');
  return value;
}

/** Channels by number, counted from the end when negative. */
const picked = (value: Value, list: readonly number[]) =>
  list.map((n) => {
    const channels = channelsOf(value);
    const found = channels.at(n);
    if (!found) throw new Error(`there is no channel ${n}; the image has ${channels.length}`);
    return found;
  });

/** A function that works voxel by voxel: the keywords of its parameters in order, and what it does with given ones. */
interface VoxelFunction {
  parameters: readonly (readonly string[])[];
  with(name: string, value: (n: number) => Argument, number: (n: number, otherwise: number) => number): Parallel;
}

/** Integers stay so where bounds are whole numbers. */
const clamp: VoxelFunction = {
  parameters: [['min', 'a_min'], ['max', 'a_max']],
  with(name, value, number) {
    if (value(0) === null && value(1) === null) throw new Error(`${name} needs min or max`);
    const [low, high] = [number(0, -Infinity), number(1, Infinity)];
    const whole = [low, high].every((bound) => Number.isInteger(bound) || !Number.isFinite(bound));
    const clamped = (one: number) => Math.min(Math.max(one, low), high);
    return (data) => (whole ? data.map(clamped) : Float32Array.from(data, clamped));
  },
}; // prettier-ignore

const toType: VoxelFunction = {
  parameters: [['dtype']],
  with(name, value) {
    const type = typeFor(name, value(0));
    return (data) => cast(data, type);
  },
};

const casts: Readonly<Record<string, ElementType>> = {
  float: 'float32', double: 'float64', half: 'float16', int: 'int32', long: 'int64', short: 'int16', bool: 'bool',
}; // prettier-ignore

/** torch's, numpy's and methods' names of the functions, without module. */
const functions: Readonly<Record<string, VoxelFunction>> = {
  clamp,
  clip: clamp,
  nan_to_num: {
    parameters: [['nan'], ['posinf'], ['neginf']],
    with(_, __, number) {
      const [nan, high, low] = [number(0, 0), number(1, LARGEST), number(2, -LARGEST)];
      const finite = (one: number) =>
        Number.isNaN(one) ? nan : one === Infinity ? high : one === -Infinity ? low : one;
      return (data) => data.map(finite);
    },
  },
  abs: { parameters: [], with: () => (data) => data.map(Math.abs) },
  ...Object.fromEntries(['astype', 'to', 'type', ...Object.keys(casts)].map((name) => [name, toType])),
};

const isVoxelFunction = (name: string): boolean => Object.hasOwn(functions, name);

/** The function that `torch.clamp(x, …)`, `x.clamp(…)` and their like mean. @throws Error for arguments that it does not have */
function voxelFunction(name: string, list: readonly Argument[], named: ReadonlyMap<string, Argument>): Parallel {
  const { parameters, with: made } = functions[name];
  const stranger = [...named.keys()].find((key) => !parameters.flat().includes(key));
  if (stranger !== undefined || list.length > parameters.length)
    throw new Error(`${name} has not the argument ${stranger ?? String(list.at(-1))} here`);
  const value = (n: number) =>
    list[n] ?? parameters[n].map((key) => named.get(key)).find((one) => one !== undefined) ?? null;
  return made(name, value, (n, otherwise) => {
    const one = value(n);
    if (typeof one === 'string') throw new Error(`${name} needs numbers, not ${one}`);
    return one ?? otherwise;
  });
}

function typeFor(name: string, given: Argument): ElementType {
  if (Object.hasOwn(casts, name)) return casts[name];
  const full = String(given).replace(/^(numpy|np)\./, '');
  const short = full.replace(/^torch\./, '');
  const type = full.startsWith('torch.') && Object.hasOwn(casts, short) ? casts[short] : elementTypes.find((known) => known === short);
  if (!type) throw new Error(`${name} needs a type such as torch.float32, not ${String(given)}`);
  return type;
} // prettier-ignore

/** The image that an expression makes of `volume`. @throws Error for channels there are not, and numbers of channels that do not fit */
function evaluateOn(volume: Volume, lambda: Lambda): Volume {
  const { image, parts } = fileChannels(withChannelAxis(volume, 'first'));
  const value = lambda(parts);
  if (typeof value === 'number') throw new Error('the expression gives a number, not an image');
  return withChannels(image, joined(value), value.length);
}

/** The text of a lambda that can be run; it stays text, since a model's arguments are kept as JSON. */
const lambda = z.string().superRefine((text, context) => {
  try {
    parseLambda(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

monai({
  name: 'Lambdad',
  summary:
    'An expression over the channels of the image, `lambda x: …`: x, x[[0, 2]], x[1:], numbers, + - * /, comparisons, &, |, and torch’s or numpy’s where, clamp or clip, nan_to_num, abs and casts, also as methods (`x.clamp(min=0)`); other Python is refused.',
  example: { func: 'lambda x: x / 255.0' },
  args: onKeys({
    func: perKey(lambda),
    inv_func: z.null({ error: 'Invertd passes over this step; a function that undoes it cannot be run' }).default(null),
    track_meta: withoutEffect('container', flag.optional()),
    overwrite: only(true, 'the result takes the place of the image'),
  }),
  voxelWise: () => true,
  change: (volume, { func }, { index }) => evaluateOn(volume, parseLambda(valueFor(func, index))),
});

/** `select_fn`: which values are foreground, as a lambda that can be run. Null: those above 0. */
export const selectFn = orNull(lambda);

/** An image whose values above 0 are where those of `volume` are selected; results other than 0 are true, as in Python. */
export const selected = (volume: Volume, select: string | null): Volume =>
  select === null
    ? volume
    : evaluateOn(
        volume,
        combined('!=', parseLambda(select), () => 0),
      );
