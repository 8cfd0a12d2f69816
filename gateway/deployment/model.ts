import type { Checkup } from './validation/doctor';
import type { ModelSpec } from '../model-spec';
import type { StoredVersion } from './store';

export type ModelState = 'loading' | 'ready' | 'failed';

/** A model the gateway is to serve. */
export interface Model {
  name: string;
  /** Absent when the stored config can no longer be read; `reason` says why. */
  spec?: ModelSpec;
  stored: StoredVersion;
  /** The change on the disk that made it what it is (`WantedVersion`). */
  change: string;
  state: ModelState;
  /** Why it is not ready, in Triton's or the config reader's words. */
  reason: string;
  /** What its last examination found; none since the gateway started when absent. */
  checkup?: Checkup;
}
