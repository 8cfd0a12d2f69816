import { z } from 'zod';

const sessionMeta = z.object({
  format: z.string(),
  /** Voxels along each axis; absent for an image that was stored as it came. */
  shape: z.array(z.number()).optional(),
  /** DICOM files it was made of; absent for other images. */
  files: z.number().optional(),
});

/** A session as it is written to `session.json`. Times in seconds since 1970. */
export const sessionRecord = z.object({
  id: z.string(),
  /** The stored image: a file name in the session's folder. */
  image: z.string().min(1),
  /** What the client called the image; for messages, and for formats that are known by their suffix only. */
  name: z.string(),
  meta: sessionMeta,
  created: z.number(),
  /** Seconds without use after which the session ends. */
  expiry: z.number().positive(),
  /** What the user should know about how the image was read, one sentence each; said again with each call on it. @default none */
  warnings: z.array(z.string()).readonly().optional(),
});

export type SessionRecord = z.output<typeof sessionRecord>;

/** A session in memory. */
export interface Session extends SessionRecord {
  /** Disk space of its folder. */
  bytes: number;
  /** Milliseconds since 1970; on disk the modification time of `session.json`. */
  lastUse: number;
  /** Running jobs that read its image. */
  users: number;
}

export type SessionInfo = ReturnType<typeof infoOf>;

/** What clients are told; no path of this server is among it. */
export function infoOf({ id, name, meta, created, lastUse, expiry, warnings = [] }: Session) {
  const last_access_ts = Math.floor(lastUse / 1000);
  return { name: id, image: name, meta, create_ts: created, last_access_ts, expiry, warnings: [...warnings] };
}

/** When the session ends if nobody uses it, in milliseconds since 1970. */
export function endOf({ lastUse, expiry }: Pick<Session, 'lastUse' | 'expiry'>): number {
  return lastUse + expiry * 1000;
}
