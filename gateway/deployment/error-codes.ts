import { fetchErrors } from '../download/error-codes';
import { codes } from '../errors';
import { packageErrors } from '../packages/error-codes';
import { inferErrors, loadErrors, tritonErrors } from '../triton/error-codes';
import { lockErrors } from '../workspace/locks';

/** Codes of a model that cannot be called now. */
export const readyErrors = codes('MODEL_NOT_FOUND', 'MODEL_NOT_READY', 'TRITON_UNAVAILABLE');

/** Codes of taking a model away. Another gateway of the workspace may be changing it. */
export const removeErrors = codes(...tritonErrors, ...lockErrors, 'MODEL_NOT_FOUND', 'DISK_FULL');

/** Codes of examining a model that serves. */
export const examineErrors = codes(...readyErrors, ...inferErrors, ...removeErrors);

/** Codes of checking a model and having Triton serve it. */
const deployErrors = codes(...packageErrors, ...loadErrors, ...inferErrors);

/** Codes of giving a model a new config or another version. */
export const changeErrors = codes(...removeErrors, ...deployErrors, 'MODEL_CANNOT_WORK', 'VERSION_NOT_FOUND');

/** Codes of publishing an uploaded model. */
export const publishErrors = codes(...lockErrors, ...deployErrors, 'BAD_UPLOAD', 'MODEL_CANNOT_WORK', 'DISK_FULL');

/** Codes of fetching a model from NGC. */
export const downloadErrors = codes(...fetchErrors, 'BAD_PARAMS', 'CANCELLED');
