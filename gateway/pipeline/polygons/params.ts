import type { VertexMove } from '../../imaging/polygons/move-vertex';
import type { SlicePolygons } from '../../imaging/polygons/mask-to-polygons';
import { RequestError, type Json, type RequestParams } from '../../transforms/sample';
import { say } from '../../sentence';

/** Coordinates beyond any image. */
const FARTHEST = 65_535;
const SHOWN = 120;

/** The value under the first of these names that is there; `null` counts as absent. Old clients send JSON as a string. */
function valueOf(params: RequestParams, names: readonly string[]): Json | undefined {
  const value = names.map((name) => params[name]).find((one) => one !== undefined && one !== null);
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    throw new RequestError(say`${names[0]} is ${show(value)}, which is not JSON`);
  }
}

/** @throws RequestError when it is there and is not a whole number */
export function wholeNumber(params: RequestParams, names: readonly string[]): number | undefined {
  const value = valueOf(params, names);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new RequestError(say`${names[0]} is ${show(value)}, expected a whole number`);
}

/** A list of polygons per slice; a plain list of polygons is one slice. Coordinates are rounded. @throws RequestError showing what is wrong */
function polygonsOf(value: Json | undefined, name: string): { slices: SlicePolygons[]; dimension: 2 | 3 } {
  if (!Array.isArray(value))
    throw new RequestError(say`${name} is ${show(value)}, expected a list of polygons [[[x, y], …], …]`);
  const dimension = depthOf(value) >= 4 ? 3 : 2;
  const slices = dimension === 3 ? value : [value];
  const polygonOf = (value: Json, place: string) => listOf(value, place).map((point) => pointOf(point, place));
  const sliceOf = (value: Json, place: string) =>
    listOf(value, place).map((polygon, at) => polygonOf(polygon, `${place}[${at}]`));
  return { dimension, slices: slices.map((slice, at) => sliceOf(slice, `${name}[${at}]`)) };
}

/** Two numbers. @throws RequestError naming the place */
function pointOf(value: Json | undefined, place: string): [number, number] {
  const isCoordinate = (part: Json) => typeof part === 'number' && Math.abs(part) <= FARTHEST;
  if (!Array.isArray(value) || value.length !== 2 || !value.every(isCoordinate))
    throw new RequestError(say`${place} has ${show(value)}, expected two numbers [x, y]`);
  return (value as [number, number]).map((part) => Math.round(part) + 0) as [number, number];
}

function listOf(value: Json, place: string): Json[] {
  if (Array.isArray(value)) return value;
  throw new RequestError(say`${place} is ${show(value)}, expected a list`);
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

/** Params of `/v1/fixpolygon`. */
export interface PolygonFix {
  /** 2: the answer is a list of polygons; 3: a list of such lists. */
  dimension: 2 | 3;
  /** Before the move, one entry per slice. */
  slices: SlicePolygons[];
  move: VertexMove;
}

/**
 * Reads the params of every client generation: today's `polygon_index`, `vertex_index`, `slice_index` and
 * `vertex_offset`; the old camel-case names with `prev_poly`, where `poly` holds the vertex moved already and the offset is the difference.
 *
 * @throws RequestError naming what is missing or does not exist
 */
export function readPolygonFix(params: RequestParams): PolygonFix {
  const sent = polygonsOf(valueOf(params, ['poly', 'polygons']), 'poly');
  const dimension = wholeNumber(params, ['dimension']) ?? sent.dimension;
  if (dimension !== sent.dimension) {
    const seen = sent.dimension === 2 ? say`a list of polygons (2)` : say`a list of polygons per slice (3)`;
    throw new RequestError(say`dimension is ${dimension}, but poly is ${seen}`);
  }
  const previous = valueOf(params, ['prev_poly']);
  const place = {
    slice: dimension === 3 ? index(params, 'slice_index', 'sliceIndex') : 0,
    polygon: index(params, 'polygon_index', 'polygonIndex'),
    vertex: index(params, 'vertex_index', 'vertexIndex'),
  };
  const wanted = valueOf(params, ['vertex_offset']);
  const slices =
    wanted === undefined && previous !== undefined ? polygonsOf(previous, 'prev_poly').slices : sent.slices;
  const from = vertexAt(slices, place);
  const offset = wanted === undefined ? difference() : pointOf(wanted, 'vertex_offset');
  const { neighbours, slices: sliceReach } = reachOf(params);
  return { dimension, slices, move: { ...place, offset, neighbours, slices: dimension === 3 ? sliceReach : 0 } };

  function difference(): [number, number] {
    const to = vertexAt(sent.slices, place);
    if (previous !== undefined) return [to[0] - from[0], to[1] - from[1]];
    throw new RequestError(say`vertex_offset is missing: how far was the vertex moved, [dx, dy]?`);
  }
}

function index(params: RequestParams, ...names: string[]): number {
  const value = wholeNumber(params, names);
  if (value === undefined) throw new RequestError(say`${names[0]} is missing: which one was moved?`);
  return value;
}

type Place = Pick<VertexMove, 'slice' | 'polygon' | 'vertex'>;

function vertexAt(slices: readonly SlicePolygons[], { slice, polygon, vertex }: Place) {
  const levels: [string, number, readonly unknown[] | undefined][] = [
    ['slice_index', slice, slices],
    ['polygon_index', polygon, slices[slice]],
    ['vertex_index', vertex, slices[slice]?.[polygon]],
  ];
  for (const [name, at, list = []] of levels) {
    if (at < 0 || at >= list.length)
      throw new RequestError(say`${name} is ${at}, but there are ${list.length} of them, counted from 0`);
  }
  return slices[slice][polygon][vertex];
}

/** `propagate_neighbor` and `propagate_neighbor_3d`, or both in one list `[slices, vertices]` as the Python client's caller writes them. */
function reachOf(params: RequestParams): { neighbours: number; slices: number } {
  const both = valueOf(params, ['propagate_neighbor', 'propagateNeighbor']);
  const reach = (...names: string[]) => wholeNumber(params, names) ?? 0;
  const [slices, neighbours] = Array.isArray(both)
    ? pointOf(both, 'propagate_neighbor')
    : [reach('propagate_neighbor_3d'), reach('propagate_neighbor', 'propagateNeighbor')];
  return { neighbours: Math.max(0, neighbours), slices: Math.max(0, slices) };
}
