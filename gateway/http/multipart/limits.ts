/** What one request may bring; `docs/reference/api.md` lists them. The size of a whole upload and the times are settings. */
export const limits = {
  /** Parts of a multipart body. A series has one for each slice. */
  parts: 20_000,
  /** Files among them. */
  files: 5000,
  /** Bytes of one text field, and of a body that is no form. */
  fieldBytes: 16 << 20,
  /** Clicks or extreme points in one parameter. */
  points: 10_000,
  /** Vertices of all polygons in one parameter: those of a lung in a thin-slice CT are about 400 000. */
  vertices: 2_000_000,
} as const;

/** A number of bytes as messages say it. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
