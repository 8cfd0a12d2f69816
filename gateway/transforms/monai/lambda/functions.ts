import { cast, elementTypes, type ElementType } from '../../../imaging/ops/intensity/cast';
import type { NumericArray } from '../../../imaging/volume';

/** A function of one image that works voxel by voxel, with its numbers. */
export type VoxelFunction =
  | { name: 'clamp'; low: number; high: number }
  | { name: 'nan_to_num'; nan: number; positive: number; negative: number }
  | { name: 'abs' }
  | { name: 'cast'; type: ElementType };

/** What a call is given: numbers or names of types in order, and by keyword. */
export interface CallArguments {
  list: readonly (number | string | null)[];
  named: ReadonlyMap<string, number | string | null>;
}

/** torch's, numpy's and methods' names of the functions, without module. */
const names: Readonly<Record<string, VoxelFunction['name']>> = {
  clamp: 'clamp',
  clip: 'clamp',
  nan_to_num: 'nan_to_num',
  abs: 'abs',
  astype: 'cast',
  to: 'cast',
  type: 'cast',
  float: 'cast',
  double: 'cast',
  half: 'cast',
  int: 'cast',
  long: 'cast',
  short: 'cast',
  bool: 'cast',
};

const casts: Readonly<Record<string, ElementType>> = {
  float: 'float32', double: 'float64', half: 'float16', int: 'int32', long: 'int64', short: 'int16', bool: 'bool',
}; // prettier-ignore

const LARGEST = 3.4028234663852886e38;

/** The keywords of each, in the order of numpy's and torch's parameters. */
const parameters = { clamp: [['min', 'a_min'], ['max', 'a_max']], nan_to_num: [['nan'], ['posinf'], ['neginf']], abs: [], cast: [['dtype']] } as const; // prettier-ignore

export const isVoxelFunction = (name: string): boolean => Object.hasOwn(names, name);

/**
 * The function that `torch.clamp(x, …)`, `x.clamp(…)` and their like mean.
 * @param name one that `isVoxelFunction` knows
 * @throws Error for arguments that it does not have
 */
export function voxelFunction(name: string, given: CallArguments): VoxelFunction {
  const known = names[name];
  const spellings: readonly (readonly string[])[] = parameters[known];
  const stranger = [...given.named.keys()].find((key) => !spellings.flat().includes(key));
  if (stranger !== undefined || given.list.length > spellings.length)
    throw new Error(`${name} has not the argument ${stranger ?? String(given.list.at(-1))} here`);
  const value = (n: number) =>
    given.list[n] ?? spellings[n].map((key) => given.named.get(key)).find((one) => one !== undefined) ?? null;
  const number = (n: number, otherwise: number): number => {
    const one = value(n);
    if (typeof one === 'string') throw new Error(`${name} needs numbers, not ${one}`);
    return one ?? otherwise;
  };
  switch (known) {
    case 'clamp':
      if (value(0) === null && value(1) === null) throw new Error(`${name} needs min or max`);
      return { name: known, low: number(0, -Infinity), high: number(1, Infinity) };
    case 'nan_to_num':
      return { name: known, nan: number(0, 0), positive: number(1, LARGEST), negative: number(2, -LARGEST) };
    case 'abs':
      return { name: known };
    case 'cast':
      return { name: known, type: typeFor(name, value(0)) };
  }
}

function typeFor(name: string, given: number | string | null): ElementType {
  if (Object.hasOwn(casts, name)) return casts[name];
  const full = String(given).replace(/^(numpy|np)\./, '');
  const short = full.replace(/^torch\./, '');
  const type = full.startsWith('torch.') && Object.hasOwn(casts, short) ? casts[short] : elementTypes.find((known) => known === short);
  if (!type) throw new Error(`${name} needs a type such as torch.float32, not ${String(given)}`);
  return type;
} // prettier-ignore

/** The function of every value. Integers stay so where bounds are whole numbers. */
export function applyTo(data: NumericArray, f: VoxelFunction): NumericArray {
  if (f.name === 'cast') return cast(data, f.type);
  if (f.name === 'abs') return data.map(Math.abs);
  if (f.name === 'clamp') {
    const whole = [f.low, f.high].every((bound) => Number.isInteger(bound) || !Number.isFinite(bound));
    const clamped = (value: number) => Math.min(Math.max(value, f.low), f.high);
    return whole ? data.map(clamped) : Float32Array.from(data, clamped);
  }
  return data.map((value) =>
    Number.isNaN(value) ? f.nan : value === Infinity ? f.positive : value === -Infinity ? f.negative : value,
  );
}
