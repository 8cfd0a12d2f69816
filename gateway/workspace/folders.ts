import { join } from 'node:path';
import { nameFolders } from '../disk-errors';

/** Folders and files of a workspace in the words of errors, which tell no path. */
const roles: Readonly<Record<string, string>> = {
  '': 'the workspace',
  models: 'the store of models',
  sessions: 'the session folder',
  leases: 'the folder of interactive sessions',
  uploads: 'the folder of uploads',
  downloads: 'the folder of downloads',
  lib: 'the folder of own transforms',
  logs: 'the folder of logs',
  run: 'the folder of run files',
  gateways: 'the folder of locks',
  'users.json': 'the list of users',
};

/** Lets errors of the disk say which part of the workspace they are about. */
export function nameWorkspace(workspace: string): void {
  nameFolders(Object.entries(roles).map(([name, role]) => [join(workspace, name), role]));
}
