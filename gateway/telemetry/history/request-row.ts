import type { Stage } from '../stages';

/** One answered request, as the history keeps it. */
export interface RequestRow {
  /** When it came, in milliseconds since 1970. */
  time: number;
  /** Route template such as `/session/:id`, not the path; `other` for what no route took. */
  endpoint: string;
  method: string;
  /** Model the request named. */
  model: string | null;
  /** 499 for a client that hung up. */
  status: number;
  /** Code of the error catalogue, and its sentence. */
  code: string | null;
  message: string | null;
  /** Address of the client. */
  client: string;
  /** Kind of client: see `agent-class.ts`. */
  agent: string;
  /** From the first byte of the request to the last of the answer. */
  ms: number;
  stages: readonly Stage[];
  /** Bytes of body received and sent. */
  bytesIn: number;
  bytesOut: number;
  /** Its X-Request-Id. */
  request: string;
  /** Whether the image was that of a session. */
  session: boolean;
  /** Whether a prepared image was at hand; null where none could be. */
  cacheHit: boolean | null;
}
