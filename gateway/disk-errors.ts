import { resolve, sep } from 'node:path';

/** Folders and files of this server with what they are, in the words of a sentence. Plain data: threads are started with it. */
export type NamedFolders = readonly (readonly [path: string, role: string])[];

const named = new Map<string, string>();

/** Says what folders and files are for, so that errors name that and not a path of this machine. */
export function nameFolders(folders: NamedFolders): void {
  for (const [path, role] of folders) named.set(resolve(path), role);
}

/** All that {@link nameFolders} was told. */
export const namedFolders = (): NamedFolders => [...named];

const NO_RIGHT = [
  'the server has no right to do that',
  "give the server's user the right to read and write there",
] as const;
const TOO_MANY = ['more files are open than the system allows', 'raise the limit (ulimit -n) and start the server again'] as const; // prettier-ignore
const FULL = ['its disk is full', 'make room there'] as const;
const FAILS = ['its disk fails', "look into the system's log, and replace the disk"] as const;
/** Also met where a file is open already, and its name is not told. */
const WITHOUT_PATH: readonly unknown[] = [TOO_MANY, FULL, FAILS];

/** Why a disk refuses, by the name of the error (errno(3)), and what to do about it. */
const reasons: Readonly<Record<string, readonly [why: string, remedy: string]>> = {
  EACCES: NO_RIGHT,
  EPERM: NO_RIGHT,
  EBUSY: ['another program uses it', 'end that program, or take away the disk that is mounted there'],
  EDQUOT: FULL,
  EIO: FAILS,
  EISDIR: ['a folder is in the place of a file', 'move that folder away'],
  ELOOP: ['its symbolic links lead in a circle', 'mend the links'],
  EMFILE: TOO_MANY,
  ENFILE: TOO_MANY,
  ENOENT: ['a file or folder of it is missing', 'restore it, or do again what made it'],
  ENOSPC: FULL,
  ENOTDIR: ['a file is in the place of a folder', 'move that file away'],
  ENOTEMPTY: ['a folder that was to go or to be replaced is not empty', 'look what is in it, and try again'],
  EROFS: ['its disk can only be read', 'mount it so that the server can write there'],
  ESTALE: ['its network disk does not know it any more', 'mount that disk again'],
  EXDEV: ['its parts are on different disks', 'put them on one disk'],
};

/** A refusal of a disk or of the system. */
export interface DiskError {
  /** The part that could not be used: "the model repository"; undefined for a path that {@link nameFolders} was not told of. */
  role?: string;
  why: string;
  remedy: string;
  isFull: boolean;
}

/** Undefined for what is not an error of a disk, such as one of the network. */
export function diskError(error: unknown): DiskError | undefined {
  const { code = '', path, dest } = (error ?? {}) as NodeJS.ErrnoException & { dest?: string };
  if (!Object.hasOwn(reasons, code)) return undefined;
  const reason = reasons[code];
  if (typeof path !== 'string' && !WITHOUT_PATH.includes(reason)) return undefined;
  const role = roleOf(dest) ?? roleOf(path);
  return { role, why: reason[0], remedy: reason[1], isFull: reason === FULL };
}

/** The error as a sentence without a path; undefined where {@link diskError} is, and for a path that has no name. */
export function diskSentence(error: unknown): string | undefined {
  const { role, remedy } = diskError(error) ?? {};
  return role && `${role} cannot be used: ${whyDisk(error)}; ${remedy}`;
}

/** Why a disk refused, in words; undefined where {@link diskError} is. */
export function whyDisk(error: unknown): string | undefined {
  const { why } = diskError(error) ?? {};
  return why && `${why} (${(error as NodeJS.ErrnoException).code})`;
}

/** The innermost of the named folders that the path lies in; of a draft, such as `users.json.new`, what it is a draft of. */
function roleOf(path: string | undefined): string | undefined {
  if (typeof path !== 'string') return undefined;
  const full = resolve(path);
  const around = [...named.keys()].filter(
    (folder) => full === folder || [sep, '.'].some((next) => full.startsWith(folder + next)),
  );
  return named.get(around.reduce((best, folder) => (folder.length > best.length ? folder : best), ''));
}
