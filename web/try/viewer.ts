import { MULTIPLANAR_TYPE, Niivue, NVImage, SHOW_RENDER, SLICE_TYPE } from '@niivue/niivue';
import { labelColour, summarizeMask, type LabelSummary } from './labels';
import { drawMarks, toFileOrder, toRasOrder, type Mark, type Voxel } from './marks';
import { PICTURE_AFFINE, pictureFile } from './picture-file';

export type View = 'all' | 'axial' | 'coronal' | 'sagittal' | '3d';

const views: Record<View, SLICE_TYPE> = {
  all: SLICE_TYPE.MULTIPLANAR,
  axial: SLICE_TYPE.AXIAL,
  coronal: SLICE_TYPE.CORONAL,
  sagittal: SLICE_TYPE.SAGITTAL,
  '3d': SLICE_TYPE.RENDER,
};

export interface ViewerEvents {
  /** The crosshair is at this voxel, which has this value. */
  onLook(voxel: Voxel, value: number, label: number): void;
  /** A slice was clicked at this voxel (and not dragged). */
  onClick(voxel: Voxel): void;
}

/** Pixels that a pointer may move in a click. */
const CLICK_PIXELS = 5;

/** Image and mask in three planes and 3-D. Voxels are counted as in the file. */
export class Viewer {
  private image?: NVImage;
  private mask?: NVImage;
  private marks: readonly Mark[] = [];
  private isPicture = false;

  private constructor(
    private readonly niivue: Niivue,
    private readonly canvas: HTMLCanvasElement,
    private readonly overlay: HTMLCanvasElement,
    private readonly events: ViewerEvents,
  ) {}

  /** @throws Error when the browser has no WebGL 2 */
  static async open(canvas: HTMLCanvasElement, overlay: HTMLCanvasElement, events: ViewerEvents): Promise<Viewer> {
    const niivue = new Niivue({
      logLevel: 'error',
      dragAndDropEnabled: false,
      isRadiologicalConvention: true,
      multiplanarLayout: MULTIPLANAR_TYPE.GRID,
      multiplanarShowRender: SHOW_RENDER.ALWAYS,
      isForceMouseClickToVoxelCenters: true,
      isNearestInterpolation: true,
      crosshairWidth: 0.3,
      crosshairWidthUnit: 'percent',
      crosshairGap: 6,
      crosshairColor: [0.35, 0.78, 0.75, 0.8],
      show3Dcrosshair: true,
      loadingText: '',
      // NiiVue's own keys are one letter each, which nobody would guess.
      clipPlaneHotKey: '',
      cycleClipPlaneHotKey: '',
      viewModeHotKey: '',
    });
    const viewer = new Viewer(niivue, canvas, overlay, events);
    await niivue.attachToCanvas(canvas);
    viewer.listen();
    return viewer;
  }

  /** Shows another image; the mask goes. @param file NIfTI, plain or gzip @param isPicture it has no place in the patient */
  async showImage(file: ArrayBuffer, isPicture: boolean): Promise<void> {
    const buffer = isPicture ? pictureFile(file) : file;
    const image = await NVImage.loadFromUrl({ url: 'image.nii', name: 'image.nii', buffer });
    this.isPicture = isPicture;
    this.niivue.opts.isOrientationTextVisible = !isPicture;
    for (const volume of [...this.niivue.volumes]) this.niivue.removeVolume(volume);
    this.mask = undefined;
    this.image = image;
    this.marks = [];
    this.niivue.addVolume(image);
    this.moveTo(this.shape.map((length) => length >> 1) as Voxel);
  }

  /** Voxels along the axes of the file. */
  get shape(): Voxel {
    return this.image!.hdr!.dims.slice(1, 4) as Voxel;
  }

  /** Least and largest value of the image. */
  get range(): [least: number, largest: number] {
    return [this.image!.global_min!, this.image!.global_max!];
  }

  /** Puts a mask over the image. @returns its labels */
  async showMask(file: ArrayBuffer): Promise<LabelSummary[]> {
    const mask = await NVImage.loadFromUrl({ url: 'mask.nii', name: 'mask.nii', buffer: file, opacity: 0.5 });
    this.hideMask();
    if (this.isPicture) mask.setAffine(PICTURE_AFFINE);
    const labels = summarizeMask(mask.img!, mask.hdr!.dims.slice(1, 4), mask.hdr!.pixDims.slice(1, 4));
    if (this.isPicture) for (const label of labels) label.ml = undefined;
    const largest = Math.max(1, ...labels.map(({ value }) => value));
    const colours = Array.from({ length: largest + 1 }, (_, value) => (value ? labelColour(value) : [0, 0, 0]));
    mask.setColormapLabel({
      R: colours.map(([red]) => red),
      G: colours.map(([, green]) => green),
      B: colours.map(([, , blue]) => blue),
      A: colours.map((_, value) => (value ? 255 : 0)),
      I: colours.map((_, value) => value),
    });
    this.mask = mask;
    this.niivue.addVolume(mask);
    return labels;
  }

  hideMask(): void {
    if (this.mask) this.niivue.removeVolume(this.mask);
    this.mask = undefined;
  }

  /** @param opacity of the mask, 0 to 1 */
  setOpacity(opacity: number): void {
    if (this.mask) this.niivue.setOpacity(this.niivue.volumes.indexOf(this.mask), opacity);
  }

  /** Values that are black and white. */
  setWindow(low: number, high: number): void {
    Object.assign(this.image!, { cal_min: low, cal_max: high });
    this.niivue.updateGLVolume();
  }

  /** The window that most of the image's values lie in. */
  resetWindow(): void {
    const { robust_min: low, robust_max: high } = this.image!;
    this.setWindow(low!, high!);
  }

  setView(view: View): void {
    this.niivue.setSliceType(views[view]);
  }

  setMarks(marks: readonly Mark[]): void {
    this.marks = marks;
    this.niivue.drawScene();
  }

  /** The voxel under the crosshair. */
  get voxel(): Voxel {
    return this.voxelAt(this.niivue.scene.crosshairPos);
  }

  moveTo(voxel: Voxel): void {
    this.niivue.scene.crosshairPos = this.niivue.vox2frac(toRasOrder(this.image!, voxel));
    this.niivue.createOnLocationChange();
    this.niivue.drawScene();
  }

  private voxelAt(frac: Parameters<Niivue['frac2vox']>[0]): Voxel {
    return toFileOrder(this.image!, this.niivue.frac2vox(frac));
  }

  private listen(): void {
    const { niivue, canvas, overlay, events } = this;
    niivue.onLocationChange = (location) => {
      if (!this.image) return;
      // The value that NiiVue itself finds there: a wrong count of voxels would show.
      const [value, label] = (location as { values: { value: number }[] }).values;
      events.onLook(this.voxel, value.value, this.mask ? (label?.value ?? 0) : 0);
    };
    // NiiVue tells nobody that it draws; the marks lie on a canvas of their own and follow each of its pictures.
    const draw = niivue.drawScene.bind(niivue);
    niivue.drawScene = () => {
      draw();
      if (this.image) drawMarks(overlay, niivue, this.image, this.marks);
    };
    let down: PointerEvent | undefined;
    canvas.addEventListener('pointerdown', (event) => (down = event.button === 0 ? event : undefined));
    canvas.addEventListener('pointerup', (event) => {
      const moved = down && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY);
      down = undefined;
      if (!this.image || moved === undefined || moved > CLICK_PIXELS) return;
      const frac = niivue.canvasPos2frac([event.offsetX, event.offsetY].map((at) => at * (niivue.uiData.dpr ?? 1)));
      if (frac[0] >= 0) events.onClick(this.voxelAt(frac));
    });
    canvas.addEventListener('keydown', (event) => this.press(event));
  }

  /** Arrows move the crosshair in the axial plane as it is seen (the patient's right is on the left), page keys along the body. */
  private press(event: KeyboardEvent): void {
    const steps: Record<string, Voxel> = {
      ArrowLeft: [1, 0, 0],
      ArrowRight: [-1, 0, 0],
      ArrowUp: [0, 1, 0],
      ArrowDown: [0, -1, 0],
      PageUp: [0, 0, 1],
      PageDown: [0, 0, -1],
    };
    if (!this.image) return;
    if (event.key === 'Enter') this.events.onClick(this.voxel);
    else if (steps[event.key]) this.niivue.moveCrosshairInVox(...steps[event.key]);
    else return;
    event.preventDefault();
  }
}
