import { byId, element, update } from '../element';
import { count } from '../text/numbers';
import { labelName } from './label-colours';
import type { OpenedImage } from './session';
import type { Viewer, View } from './viewer';
import type { Voxel } from './voxel-order';
import { windowsFor, type ValueWindow } from './windows';

export interface PictureOptions {
  /** Of the model whose mask is shown. */
  labels(): readonly string[];
  onClick(voxel: Voxel): void;
}

/** The viewer with what lies around it: view, window, opacity, and what is under the crosshair. It is fetched when the first image comes. */
export class Picture {
  private viewer?: Viewer;
  private windows = new Map<string, ValueWindow | undefined>();

  constructor(private readonly options: PictureOptions) {
    const { view, window, opacity } = this.fields;
    view.addEventListener('change', () => this.viewer?.setView(view.value as View));
    window.addEventListener('change', () => this.useWindow(window.value));
    opacity.addEventListener('input', () => this.viewer?.setOpacity(Number(opacity.value)));
  }

  private get fields() {
    return {
      view: byId<HTMLSelectElement>('view'),
      window: byId<HTMLSelectElement>('window'),
      opacity: byId<HTMLInputElement>('opacity'),
    };
  }

  /** @throws Error when the browser cannot draw it */
  async show({ file, isPicture }: Pick<OpenedImage, 'file' | 'isPicture'>): Promise<Viewer> {
    this.viewer ??= await this.open();
    await this.viewer.showImage(file, isPicture);
    byId('no-image').hidden = true;
    const { view, window, opacity } = this.fields;
    const flat = this.viewer.shape[2] === 1;
    view.value = flat ? 'axial' : 'all';
    this.viewer.setView(view.value as View);
    const windows = windowsFor(this.viewer.range[0]);
    this.windows = new Map(windows);
    window.replaceChildren(...windows.map(([name]) => element('option', { value: name }, `Window: ${name}`)));
    this.useWindow(windows[0][0]);
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
      onLook: (voxel, value, label) => this.tell(voxel, value, label),
      onClick: (voxel) => this.options.onClick(voxel),
    });
  }

  private useWindow(name: string): void {
    const window = this.windows.get(name);
    if (window) this.viewer?.setWindow(...window);
    else this.viewer?.resetWindow();
  }

  private tell(voxel: Voxel, value: number, label: number): void {
    const what = label ? `, ${labelName(label, this.options.labels())}` : '';
    update(byId('look'), [`voxel ${voxel.join(', ')}: ${count(value, 2)}${what}`]);
  }
}
