import { byId, h, update } from '../dom';
import { count } from '../text';
import { labelName } from './labels';
import type { Voxel } from './marks';
import type { OpenedImage } from './run';
import type { View, Viewer } from './viewer';

/** Values that are shown black and white. */
type ValueWindow = [low: number, high: number];

/** For CT, in Hounsfield units. */
const ct: Record<string, ValueWindow> = {
  'soft tissue': [-160, 240],
  lung: [-1350, 150],
  bone: [-500, 1300],
  brain: [0, 80],
};
/** Air in a CT is below this. */
const AIR = -500;

/** The viewer and the controls around it: view, window, opacity, and the value under the crosshair. The viewer is fetched with the first image. */
export class Picture {
  private viewer?: Viewer;
  private readonly view = byId<HTMLSelectElement>('view');
  private readonly window = byId<HTMLSelectElement>('window');
  private readonly opacity = byId<HTMLInputElement>('opacity');

  /** @param labels of the model whose mask is shown */
  constructor(
    private readonly labels: () => readonly string[],
    private readonly onClick: (voxel: Voxel) => void,
  ) {
    this.view.onchange = () => this.viewer?.setView(this.view.value as View);
    this.window.onchange = () => this.useWindow();
    this.opacity.oninput = () => this.viewer?.setOpacity(Number(this.opacity.value));
  }

  /** @throws Error when the browser cannot draw it */
  async show({ file, isPicture }: Pick<OpenedImage, 'file' | 'isPicture'>): Promise<Viewer> {
    this.viewer ??= await this.open();
    await this.viewer.showImage(file, isPicture);
    byId('no-image').hidden = true;
    const { view, window, opacity } = this;
    view.value = this.viewer.shape[2] === 1 ? 'axial' : 'all';
    this.viewer.setView(view.value as View);
    const names = [...(this.viewer.range[0] < AIR ? Object.keys(ct) : []), 'auto'];
    window.replaceChildren(...names.map((name) => h('option', { value: name }, `Window: ${name}`)));
    this.useWindow();
    for (const field of [view, window, opacity]) field.disabled = false;
    return this.viewer;
  }

  private async open(): Promise<Viewer> {
    // By far the largest part of the page: not before there is something to see.
    const { Viewer } = await import('./viewer');
    const canvas = byId<HTMLCanvasElement>('canvas');
    if (!document.createElement('canvas').getContext('webgl2'))
      throw new Error('This browser has no WebGL 2, which the viewer needs. Commands and download still work.');
    return Viewer.open(canvas, byId<HTMLCanvasElement>('marks'), {
      onLook: (voxel, value, label) => {
        const name = label ? `, ${labelName(label, this.labels())}` : '';
        update(byId('look'), `voxel ${voxel.join(', ')}: ${count(value, 2)}${name}`);
      },
      onClick: this.onClick,
    });
  }

  private useWindow(): void {
    const values = ct[this.window.value];
    if (values) this.viewer?.setWindow(...values);
    else this.viewer?.resetWindow();
  }
}
