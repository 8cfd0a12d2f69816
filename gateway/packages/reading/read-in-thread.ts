import { parentPort, workerData } from 'node:worker_threads';
import { nameFolders } from '../../disk-errors';
import { asGatewayError } from '../../errors';
import { TextError } from '../../text';
import { readingHere } from './reading';
import type { FromReading, ReadingSettings, ToReading } from './reading-thread';

const { lib, folders } = workerData as ReadingSettings;
nameFolders(folders);
const reading = readingHere(lib);
const answer = (message: FromReading) => parentPort!.postMessage(message);

parentPort!.on('message', async ({ id, name, args }: ToReading) => {
  try {
    const read = reading[name] as (...given: unknown[]) => Promise<unknown>;
    answer({ id, result: await read(...args) });
  } catch (error) {
    if (error instanceof TextError) return answer({ id, textError: error.message });
    const known = asGatewayError(error);
    const stack = known.code === 'INTERNAL' && known.cause instanceof Error ? known.cause.stack : undefined;
    answer({ id, error: known.toData(), stack });
  }
});
