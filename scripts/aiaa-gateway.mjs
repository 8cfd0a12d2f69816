#!/usr/bin/env node
// aiaa-gateway VERB …: the command line; in a checkout it is compiled first when a source is newer.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { exitWith, root, setUp } from './setup.mjs';

try {
  setUp({ triton: false, log: console.error });
  createRequire(import.meta.url)(join(root, 'dist', 'cli', 'main.js'));
} catch (error) {
  exitWith(error);
}
