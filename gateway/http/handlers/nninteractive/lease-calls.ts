import { beginningModel, capabilitiesOf, interactiveModel } from './models';
import { leaseOf, ownerOf } from './protocol';
import type { Call } from '../../endpoint';
import type { Services } from '../../services';

/** A client that finds no place asks again after so long. */
const RETRY_AFTER_S = '10';

/** `POST /claim` */
export async function claimLease({ response, path }: Call, services: Services): Promise<void> {
  const { leases } = services;
  const { spec } = interactiveModel(path.model, services);
  const name = path.model ?? services.settings.interactive_model ?? spec.name;
  beginningModel(name, services);
  response.setHeader('Retry-After', RETRY_AFTER_S);
  const token = await leases.claim(name, await ownerOf(response, services.users));
  response.removeHeader('Retry-After');
  const { most, idleSeconds, livenessSeconds } = leases.limits;
  response.json({
    lease_token: token,
    idle_timeout_seconds: idleSeconds,
    liveness_timeout_seconds: livenessSeconds,
    max_sessions: most,
  });
}

/** `GET /capabilities` */
export function answerCapabilities({ response, path }: Call, services: Services): void {
  response.json(capabilitiesOf(interactiveModel(path.model, services).spec));
}

/** `POST /release`: of a lease that is over, too. */
export async function releaseLease(call: Call, services: Services): Promise<void> {
  try {
    await services.leases.end(await leaseOf(call, services));
  } catch (error) {
    if (!isExpired(error)) throw error;
  }
  call.response.json({ released: true });
}

const isExpired = (error: unknown) => (error as { code?: string }).code === 'LEASE_EXPIRED';

/** `POST /heartbeat`: a sign of life, and no action. */
export async function beat(call: Call, services: Services): Promise<void> {
  const lease = await leaseOf(call, services);
  services.leases.touch(lease, false);
  call.response.json({ remaining_seconds: services.leases.remaining(lease) });
}

/** `GET /lease_status`: touches no clock. */
export async function answerLeaseStatus(call: Call, services: Services): Promise<void> {
  const { leases } = services;
  const lease = await leaseOf(call, services);
  call.response.json({ remaining_seconds: leases.remaining(lease), idle_timeout_seconds: leases.limits.idleSeconds });
}
