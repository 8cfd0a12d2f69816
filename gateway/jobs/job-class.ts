import { promptsOf } from '../model-spec';
import type { Work } from '../pipeline/job';

/** Who waits for a job, the most urgent first: somebody with the hand on the mouse, somebody at a screen, nobody. */
export const jobClasses = ['click', 'image', 'batch'] as const;
export type JobClass = (typeof jobClasses)[number];

/** The class of a job. @param isBatch whether its client says that nobody waits for it */
export function classOf(work: Work, isBatch = false): JobClass {
  if (isClick(work)) return 'click';
  return isBatch ? 'batch' : 'image';
}

function isClick(work: Work): boolean {
  if ('kind' in work) return work.kind !== 'to-nifti' && work.kind !== 'received-array';
  const { interaction, spec, params } = work;
  // The mask that a session begins with is made of the whole image.
  if (interaction) return interaction.prompts.length > 0;
  const hasPoints = () => Object.values(params).some((value) => Array.isArray(value) && Array.isArray(value[0]));
  return hasPoints() && promptsOf(spec) !== undefined;
}

/** RFC 9218: urgency 0 to 7, of which 3 is that of a request that says nothing. */
const URGENCY = /(?:^|[,\s])u=([0-7])(?![^,\s;])/;
const USUAL_URGENCY = 3;

/** Whether a header `Priority` (RFC 9218) asks for less than the usual urgency: `u=7` is work in the background. */
export const isUnhurried = (priority = ''): boolean => Number(URGENCY.exec(priority)?.[1] ?? USUAL_URGENCY) > USUAL_URGENCY; // prettier-ignore
