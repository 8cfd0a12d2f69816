import { SLICE_TYPE, type Niivue, type NVImage } from '@niivue/niivue';

/** Voxel indices in the order of the file. */
export type Voxel = [i: number, j: number, k: number];

/** A point of a prompt, drawn over the image. */
export interface Mark {
  voxel: Voxel;
  kind: PointKind;
}

/** `extreme`: on the border of the organ; `foreground` and `background`: in it and beside it. */
export type PointKind = 'extreme' | 'foreground' | 'background';

const RADIUS = 6;
const colours: Record<PointKind, string> = { extreme: '#ffd84d', foreground: '#5cff7a', background: '#ff6b5e' };

/** The axis that a plane looks along. */
const planes: [SLICE_TYPE, axis: 0 | 1 | 2][] = [
  [SLICE_TYPE.AXIAL, 2],
  [SLICE_TYPE.CORONAL, 1],
  [SLICE_TYPE.SAGITTAL, 0],
];

/**
 * NiiVue turns images to right, front, head (RAS); points of the AIAA protocol are counted in the file's own order.
 * @param ras voxel index in NiiVue's order
 */
export function toFileOrder({ permRAS, dimsRAS }: NVImage, ras: ArrayLike<number>): Voxel {
  const voxel: Voxel = [0, 0, 0];
  permRAS!.forEach((signed, d) => {
    voxel[Math.abs(signed) - 1] = signed > 0 ? ras[d] : dimsRAS![d + 1] - 1 - ras[d];
  });
  return voxel;
}

/** The inverse of {@link toFileOrder}. */
export function toRasOrder({ permRAS, dimsRAS }: NVImage, voxel: Voxel): Voxel {
  const ras = permRAS!.map((signed, d) => {
    const index = voxel[Math.abs(signed) - 1];
    return signed > 0 ? index : dimsRAS![d + 1] - 1 - index;
  });
  return ras as Voxel;
}

/** Draws the points that lie in the slices that are shown: + in the organ, – beside it, a ring on its border. */
export function drawMarks(overlay: HTMLCanvasElement, niivue: Niivue, image: NVImage, marks: readonly Mark[]): void {
  const { width, height } = niivue.gl.canvas;
  if (overlay.width !== width || overlay.height !== height) Object.assign(overlay, { width, height });
  const pen = overlay.getContext('2d')!;
  pen.clearRect(0, 0, width, height);
  const { crosshairPos } = niivue.scene;
  const shown = niivue.frac2vox(crosshairPos);
  for (const { voxel, kind } of marks) {
    const ras = toRasOrder(image, voxel);
    for (const [plane, axis] of planes) {
      if (Math.round(shown[axis]) !== ras[axis]) continue;
      const frac = niivue.vox2frac(ras);
      frac[axis] = crosshairPos[axis];
      const { pos } = niivue.frac2canvasPosWithTile(frac, plane) ?? {};
      if (pos) drawMark(pen, pos[0], pos[1], kind, niivue.uiData.dpr ?? 1);
    }
  }
}

function drawMark(pen: CanvasRenderingContext2D, x: number, y: number, kind: PointKind, dpr: number): void {
  const radius = RADIUS * dpr;
  const sign = new Path2D();
  sign.arc(x, y, radius, 0, 2 * Math.PI);
  if (kind !== 'extreme') {
    sign.moveTo(x - radius / 2, y);
    sign.lineTo(x + radius / 2, y);
  }
  if (kind === 'foreground') {
    sign.moveTo(x, y - radius / 2);
    sign.lineTo(x, y + radius / 2);
  }
  for (const [style, line] of Object.entries({ '#000': 4, [colours[kind]]: 2 })) {
    pen.strokeStyle = style;
    pen.lineWidth = line * dpr;
    pen.stroke(sign);
  }
}
