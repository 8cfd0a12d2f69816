import { type Said, SaidError } from '../sentence';

/** `unreadable`: damaged or not an image; `unsupported`: a valid image of a kind that is refused; `too-large`: more than may be kept of it. */
export class ImageError extends SaidError {
  override readonly name = 'ImageError';

  constructor(
    readonly kind: 'unreadable' | 'unsupported' | 'too-large',
    said: Said,
    options?: { cause?: unknown },
  ) {
    super(said, options);
  }
}

export const unreadable = (said: Said, cause?: unknown) => new ImageError('unreadable', said, { cause });
export const unsupported = (said: Said, cause?: unknown) => new ImageError('unsupported', said, { cause });
export const tooLarge = (said: Said) => new ImageError('too-large', said);
