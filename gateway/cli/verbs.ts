import { completion } from './completion';
import type { Verb } from './verb';
import { infer } from './verbs/infer';
import { logs } from './verbs/logs';
import { deleteModel, doctor, list, load } from './verbs/models';
import { password } from './verbs/password';
import { start } from './verbs/start';
import { token } from './verbs/token';
import { status, stop } from './verbs/state';

const all: readonly Verb[] = [start, stop, status, list, load, deleteModel, infer, doctor, logs, password, token];

/** Every verb, in the order of the help. */
export const verbs: readonly Verb[] = [...all, completion(all)];
