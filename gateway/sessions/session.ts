/** A session as it is written to `session.json`. Times in seconds since 1970. */
export interface SessionRecord {
  id: string;
  /** The stored image: a file name in the session's folder. */
  image: string;
  /** What the client called the image; for messages, and for formats that are known by their suffix only. */
  name: string;
  meta: SessionMeta;
  created: number;
  /** Seconds without use after which the session ends. */
  expiry: number;
  /** What the user should know about how the image was read, one sentence each; said again with each call on it. @default none */
  warnings?: readonly string[];
}

/** What is known of the image. */
export interface SessionMeta {
  format: string;
  /** Voxels along each axis; absent for an image that was stored as it came. */
  shape?: number[];
  /** DICOM files it was made of; absent for other images. */
  files?: number;
}

/** A session in memory. */
export interface Session extends SessionRecord {
  /** Disk space of its folder. */
  bytes: number;
  /** Milliseconds since 1970; on disk the modification time of `session.json`. */
  lastUse: number;
  /** Running jobs that read its image. */
  users: number;
}

/** What clients are told (`aiaa-api.md` §5.3); no path of this server is among it. */
export interface SessionInfo {
  name: string;
  image: string;
  meta: SessionMeta;
  create_ts: number;
  last_access_ts: number;
  expiry: number;
  warnings: readonly string[];
}

export function infoOf({ id, name, meta, created, lastUse, expiry, warnings = [] }: Session): SessionInfo {
  return {
    name: id,
    image: name,
    meta,
    create_ts: created,
    last_access_ts: Math.floor(lastUse / 1000),
    expiry,
    warnings,
  };
}

/** When the session ends if nobody uses it, in milliseconds since 1970. */
export function endOf({ lastUse, expiry }: Pick<Session, 'lastUse' | 'expiry'>): number {
  return lastUse + expiry * 1000;
}
