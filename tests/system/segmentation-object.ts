/** What a DICOM reader that had no part in the writing (dcmjs) finds in a binary DICOM Segmentation. */
export interface SegmentationObject {
  modality: string;
  patient: string;
  study: string;
  /** The series it refers to. */
  series: string;
  segments: { name: string; voxels: number }[];
  /** SOP instances that its frames refer to. */
  images: string[];
  /** Position (LPS mm) of each frame, and the number (from 1) of its segment. */
  frames: { position: number[]; segment: number }[];
  /** 1 where frame `frame` has its segment; pixels counted row by row. */
  pixel(frame: number, index: number): number;
}

export function readSegmentation(file: Buffer): SegmentationObject {
  // It has no types.
  // oxlint-disable-next-line typescript/no-explicit-any
  const { data } = jest.requireActual<any>('dcmjs');
  const message = data.DicomMessage.readFile(Uint8Array.from(file).buffer);
  const object = data.DicomMetaDictionary.naturalizeDataset(message.dict);
  const bits = new Uint8Array(object.PixelData[0]);
  const size = object.Rows * object.Columns;
  const pixel = (frame: number, index: number) =>
    (bits[(frame * size + index) >> 3] >> ((frame * size + index) & 7)) & 1;

  // oxlint-disable-next-line typescript/no-explicit-any
  const groups = [...object.PerFrameFunctionalGroupsSequence] as any[];
  const frames = groups.map((group) => ({
    position: group.PlanePositionSequence[0].ImagePositionPatient as number[],
    segment: group.SegmentIdentificationSequence[0].ReferencedSegmentNumber as number,
  }));
  const voxels = frames.map((_, frame) => {
    let count = 0;
    for (let index = 0; index < size; index++) count += pixel(frame, index);
    return count;
  });
  // oxlint-disable-next-line typescript/no-explicit-any
  const segments = [...object.SegmentSequence].map((segment: any) => ({
    name: segment.SegmentLabel as string,
    voxels: voxels.reduce((sum, n, at) => sum + (frames[at].segment === segment.SegmentNumber ? n : 0), 0),
  }));
  return {
    modality: object.Modality,
    patient: object.PatientID,
    study: object.StudyInstanceUID,
    series: object.ReferencedSeriesSequence[0].SeriesInstanceUID,
    segments,
    images: groups.map((group) => group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID),
    frames,
    pixel,
  };
}
