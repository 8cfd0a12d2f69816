import type { Verb } from '../verb';
import { completion } from './completion';
import { deleteModel } from './delete';
import { doctor } from './doctor';
import { infer } from './infer';
import { list } from './list';
import { load } from './load';
import { logs } from './logs';
import { password } from './password';
import { start } from './start';
import { status } from './status';
import { stop } from './stop';

/** Every verb, in the order of the help. */
export const verbs: readonly Verb[] = [start, stop, status, list, load, deleteModel, infer, doctor, logs, password];
/** With the one that is made from the others. */
export const allVerbs: readonly Verb[] = [...verbs, completion(verbs)];
