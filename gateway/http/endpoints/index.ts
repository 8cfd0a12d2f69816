import type { Endpoint } from '../endpoint';
import { adminEndpoints } from './admin';
import { dashboardEndpoints } from './dashboard';
import { inferenceEndpoints } from './inference';
import { monaiLabelEndpoints } from './monai-label';
import { nnInteractiveEndpoints } from './nninteractive';
import { olderProtocolEndpoints } from './older-protocols';
import { serverEndpoints } from './server';
import { sessionEndpoints } from './sessions';

/** Every endpoint of the server, in the order of the documentation. */
export const endpoints: readonly Endpoint[] = [
  ...inferenceEndpoints,
  ...sessionEndpoints,
  ...dashboardEndpoints,
  ...serverEndpoints,
  ...adminEndpoints,
  ...monaiLabelEndpoints,
  ...nnInteractiveEndpoints,
  ...olderProtocolEndpoints,
];
