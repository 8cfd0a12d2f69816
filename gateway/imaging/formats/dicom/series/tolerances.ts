/**
 * What numbers in headers may be off, since programs round them. All tolerances of reading DICOM stand here, and in docs/reference/images.md.
 * Lengths in mm.
 */
export const tolerances = {
  /** Directions of rows and columns: length from 1, and their product from 0. Three digits are off by up to 0.001. */
  orthonormal: 0.01,
  /** The last pixel of an image may lie this far from where the first image's pixel spacing puts it. */
  pixelSpacing: 0.01,
  /** The same for its directions. */
  direction: 0.1,
  /** A slice may lie this far from its place in an even stack: positions with one digit are off by that. */
  place: 0.1,
  /** The same as a part of the distance between slices. */
  placePart: 0.02,
  /** But never more than this part of it. */
  mostPlacePart: 0.25,
  /** Two slices nearer to each other than this lie at one place. */
  samePlace: 1e-3,
  /** Sideways, off the line along the normal: in units of the last digit of the positions, at least and at most this. */
  sideways: { digits: 1.5, least: 0.01, most: 0.15 },
  /** The same per mm of stack: directions of three digits (0.06 degrees), and this many times what they are off from being orthonormal. */
  tilt: 1e-3,
  tiltOfOrthonormal: 4,
} as const;
