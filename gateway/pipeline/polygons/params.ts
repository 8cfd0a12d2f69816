import type { Polygon, SlicePolygons } from '../../imaging/polygons/polygon';
import { RequestError, type Json, type RequestParams } from '../../transforms/sample';

/** Coordinates beyond any image. */
const FARTHEST = 65_535;
const SHOWN = 120;

/** The value under the first of these names that is there; `null` counts as absent. Old clients send JSON as a string. */
export function valueOf(params: RequestParams, names: readonly string[]): Json | undefined {
  const value = names.map((name) => params[name]).find((one) => one !== undefined && one !== null);
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    throw new RequestError(`${names[0]} is ${show(value)}, which is not JSON`);
  }
}

/** @throws RequestError when it is there and is not a whole number */
export function wholeNumber(params: RequestParams, names: readonly string[]): number | undefined {
  const value = valueOf(params, names);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new RequestError(`${names[0]} is ${show(value)}, expected a whole number`);
}

/** A list of polygons per slice; a plain list of polygons is one slice. Coordinates are rounded. @throws RequestError showing what is wrong */
export function polygonsOf(value: Json | undefined, name: string): { slices: SlicePolygons[]; dimension: 2 | 3 } {
  if (!Array.isArray(value))
    throw new RequestError(`${name} is ${show(value)}, expected a list of polygons [[[x, y], …], …]`);
  const dimension = depthOf(value) >= 4 ? 3 : 2;
  const slices = dimension === 3 ? value : [value];
  return { dimension, slices: slices.map((slice, at) => sliceOf(slice, `${name}[${at}]`)) };
}

function sliceOf(value: Json, place: string): SlicePolygons {
  return listOf(value, place).map((polygon, at) => polygonOf(polygon, `${place}[${at}]`));
}

function polygonOf(value: Json, place: string): Polygon {
  return listOf(value, place).map((point) => pointOf(point, place));
}

/** Two numbers. @throws RequestError naming the place */
export function pointOf(value: Json | undefined, place: string): [number, number] {
  const ok =
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((part) => typeof part === 'number' && Math.abs(part) <= FARTHEST);
  if (!ok) throw new RequestError(`${place} has ${show(value)}, expected two numbers [x, y]`);
  return (value as [number, number]).map((part) => Math.round(part) + 0) as [number, number];
}

function listOf(value: Json, place: string): Json[] {
  if (Array.isArray(value)) return value;
  throw new RequestError(`${place} is ${show(value)}, expected a list`);
}

/** Levels of lists, along the first branch that ends in a number; 0 where there is none. */
function depthOf(value: Json): number {
  if (!Array.isArray(value)) return 0;
  if (value.some((part) => typeof part === 'number')) return 1;
  for (const part of value) {
    const depth = depthOf(part);
    if (depth > 0) return depth + 1;
  }
  return 0;
}

function show(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
