/** A file that is not an image we can use. `unreadable`: damaged or not an image at all; `unsupported`: a valid image of a kind we refuse, with the reason. */
export class ImageError extends Error {
  override readonly name = 'ImageError';

  constructor(
    readonly kind: 'unreadable' | 'unsupported',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
