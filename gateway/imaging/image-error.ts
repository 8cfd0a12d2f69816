/** `unreadable`: damaged or not an image; `unsupported`: a valid image of a kind that is refused; `too-large`: more than may be kept of it. */
export class ImageError extends Error {
  override readonly name = 'ImageError';

  constructor(
    readonly kind: 'unreadable' | 'unsupported' | 'too-large',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

export const unreadable = (message: string, cause?: unknown) => new ImageError('unreadable', message, { cause });
export const unsupported = (message: string, cause?: unknown) => new ImageError('unsupported', message, { cause });
export const tooLarge = (message: string) => new ImageError('too-large', message);
