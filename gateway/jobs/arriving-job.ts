import { ArrivingFile } from '../imaging/formats/arriving-file';
import type { Job, ToWorker } from '../pipeline/job';

/** The messages of the main thread about an image that is still being written. */
export type Arrived = Extract<ToWorker, { kind: 'confirm' | 'postpone' }>;

/** In its thread, a job that began while its image was arriving. */
export class ArrivingJob {
  readonly file: ArrivingFile;
  /** The job may be given up, and done again from the begin: nobody outside of this thread has heard of it. */
  isOpen = true;
  private readonly answered: Promise<void>;
  private answer!: { resolve: () => void; reject: (error: Error) => void };

  /** @param ask asks the main thread whether the upload is whole */
  constructor(
    path: string,
    { mostBytes, shared }: NonNullable<Job['arriving']>,
    private readonly ask: () => void,
  ) {
    this.file = new ArrivingFile(path, mostBytes, shared);
    this.answered = new Promise((resolve, reject) => (this.answer = { resolve, reject }));
    this.answered.catch(() => undefined);
  }

  /** Waits until the upload is whole; from then on the job ends with its own result or error. @throws when that cannot be waited for */
  async confirmed(): Promise<void> {
    if (!this.isOpen) return;
    this.ask();
    await this.answered;
    this.isOpen = false;
  }

  hear(message: Arrived): void {
    if (message.kind === 'confirm') this.answer.resolve();
    else this.giveUp();
  }

  giveUp(): void {
    this.file.fail();
    this.answer.reject(new Error('the job does not wait for its image any more'));
  }
}
