/**
 * One colour per stage of a request, the same on every page, light and dark. Neighbours in a request differ in lightness too, and every use has
 * the stage's name beside it.
 */
const colours: Record<string, string> = {
  upload: '#7d8da1',
  queue: '#9aa5ad',
  decode: '#3b7dd8',
  cache: '#7fb2e5',
  pre: '#16a0a0',
  window: '#d29b22',
  triton: '#76a83a',
  seeds: '#b9803f',
  polygons: '#b46fc0',
  post: '#8a63d2',
  write: '#d1618f',
  answer: '#c7545a',
  network: '#59636b',
  other: '#b4babd',
};

/** In the order in which a request walks through them. */
export const stageOrder: readonly string[] = Object.keys(colours);

export function stageColour(stage: string): string {
  return colours[stage] ?? colours.other;
}
