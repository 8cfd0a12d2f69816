/** An image that is still being written, as its upload knows it. */
export interface Arrival {
  /** It is not larger than this when it is whole. */
  readonly mostBytes: number;
  /** Tells the listener how many bytes are on the disk, now and whenever there are more. @returns what ends that */
  follow(listener: (bytes: number, whole: boolean) => void): () => void;
  /** Settles when the upload is whole, and holds no more than this image and what came before it. @throws why it does not */
  readonly whole: Promise<void>;
  /** A job with this image has begun to do what is not to be done twice. */
  isConfirmed: boolean;
}
