import type { Volume } from '../volume';

/** The facts that a header tells of an image before memory is taken for its voxels. */
export interface AnnouncedImage {
  /** As it will be decoded. */
  volume: Omit<Volume, 'data'>;
  /** Memory that decoding takes at its peak, the decoded voxels included. */
  bytes: number;
}

type Listener = (image: AnnouncedImage) => void | Promise<void>;

/** Of this thread. */
let hear: Listener = () => undefined;

/** @param listener is told of each image of this thread between its header and its voxels: it may wait, or throw. @default nobody is */
export function onAnnouncedImage(listener: Listener): void {
  hear = listener;
}

/** To be awaited by every reader when it knows the size of an image and has taken no memory for it. */
export const announceImage = async (image: AnnouncedImage): Promise<void> => hear(image);
