import type { ModelEntry } from '../../gateway/contract/models';
import { button, byId, h, onSubmit } from '../dom';
import type { Mark, PointKind, Voxel } from './marks';

/** Input that a model wants besides the image. */
export interface Prompt {
  endpoint: 'segmentation' | 'dextr3d' | 'deepgrow' | 'inference';
  /** Kinds of points to click; none for models that need no help. */
  points: readonly PointKind[];
  /** Fewest points of the first kind. */
  least: number;
  says: string;
}

export function promptOf({ type, deepgrow }: ModelEntry): Prompt {
  if (type === 'annotation') {
    const says =
      'Click six points on the border of the organ: leftmost, rightmost, front, back, top and bottom. Then press Run.';
    return { endpoint: 'dextr3d', points: ['extreme'], least: 6, says };
  }
  if (type === 'deepgrow' || type === 'pipeline') {
    const where = deepgrow === '2D' ? ' The model answers for the slice of the last click.' : '';
    const says = `Click inside the organ; where the mask is too large, click outside.${where}`;
    return { endpoint: 'deepgrow', points: ['foreground', 'background'], least: 1, says };
  }
  const says = 'This model needs no clicks.';
  return { endpoint: type === 'segmentation' ? 'segmentation' : 'inference', points: [], least: 0, says };
}

/** The `params` of the call, as AIAA's clients send them: voxel indices of the image file. A 2-D model gets the points of one slice. */
export function paramsOf(model: ModelEntry, marks: readonly Mark[]): Record<string, Voxel[]> {
  const { points } = promptOf(model);
  const current = marks.at(-1);
  if (points.length === 0 || !current) return {};
  const sent = model.deepgrow === '2D' ? marks.filter(({ voxel }) => voxel[2] === current.voxel[2]) : marks;
  const of = (kind: PointKind) => sent.filter((mark) => mark.kind === kind).map(({ voxel }) => voxel);
  if (points[0] === 'extreme') return { points: of('extreme') };
  return { foreground: of('foreground'), background: of('background'), current_point: [current.voxel] };
}

const names: Record<PointKind, string> = { extreme: 'Extreme point', foreground: 'Inside', background: 'Outside' };

export interface PointsOptions {
  /** After every change. `added`: the last one is new. */
  onChange(marks: readonly Mark[], added: boolean): void;
  /** A point of the list was chosen. */
  onLook(voxel: Voxel): void;
}

/** The points that were clicked, and which kind a click makes. */
export class Points {
  private marks: readonly Mark[] = [];
  private kinds: readonly PointKind[] = [];

  constructor(private readonly options: PointsOptions) {
    byId('clear-points').onclick = () => this.replace([]);
    onSubmit('type-point', () => this.addTyped(byId<HTMLInputElement>('typed-point')));
  }

  get all(): readonly Mark[] {
    return this.marks;
  }

  /** Another model: other kinds of points. Those that it takes too are kept. */
  use({ endpoint, points, says }: Prompt): void {
    this.kinds = points;
    byId('prompt-says').textContent = says;
    byId('points').hidden = points.length === 0;
    byId('at-once-choice').hidden = endpoint !== 'deepgrow';
    const choices = points.map((kind, at) => {
      const choice = h('input', { type: 'radio', name: 'kind', value: kind, checked: at === 0 });
      return h('label', { className: `kind ${kind}` }, choice, names[kind]);
    });
    byId('kinds').replaceChildren(...(points.length > 1 ? choices : []));
    this.replace(this.marks.filter(({ kind }) => points.includes(kind)));
  }

  /** A click at this voxel, when the model takes any. */
  add(voxel: Voxel): void {
    if (this.kinds.length === 0) return;
    const chosen = document.querySelector<HTMLInputElement>('input[name=kind]:checked');
    this.replace([...this.marks, { voxel, kind: (chosen?.value as PointKind | undefined) ?? this.kinds[0] }], true);
  }

  replace(marks: readonly Mark[], added = false): void {
    this.marks = marks;
    byId('point-list').replaceChildren(...marks.map((mark) => this.row(mark)));
    byId<HTMLButtonElement>('clear-points').disabled = marks.length === 0;
    this.options.onChange(marks, added);
  }

  private addTyped(field: HTMLInputElement): void {
    const numbers = field.value.split(/[\s,;]+/).filter(Boolean).map(Number); // prettier-ignore
    const good = numbers.length === 3 && numbers.every((index) => Number.isInteger(index) && index >= 0);
    field.setCustomValidity(good ? '' : 'Three voxel indices, such as 120, 80, 40');
    if (!field.reportValidity()) return;
    field.value = '';
    this.add(numbers as Voxel);
  }

  private row(mark: Mark): HTMLElement {
    const { voxel, kind } = mark;
    const place = voxel.join(', ');
    const remove = () => this.replace(this.marks.filter((other) => other !== mark));
    return h(
      'li',
      h('span', { className: `kind ${kind}` }, names[kind]),
      button(place, () => this.options.onLook(voxel), { className: 'small look', title: 'Show it' }),
      button('✕', remove, { className: 'small', ariaLabel: `Remove point ${place}` }),
    );
  }
}
