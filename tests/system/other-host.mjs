// Loaded before a gateway: it believes to be on the host OTHER_HOST.
import os from 'node:os';
import { syncBuiltinESMExports } from 'node:module';

os.hostname = () => process.env.OTHER_HOST;
syncBuiltinESMExports();
