/**
 * Public advisories about releases of Triton, in order of the release that mends it. Nothing stands here that has no source:
 * release notes of Triton, NVIDIA's security bulletins and public advisory pages. Replace the lines and the date together.
 */
export const ADVISORIES_READ = '2026-11-29';

export interface Advisory {
  /** Numbers of the advisories; none for a fault that only release notes name. */
  ids: string[];
  what: string;
  /** Versions of the server before this one have it: minor number of 2.x. */
  mendedIn: number;
  /** The version before is not certainly without it: its exact release is not known here. */
  certainBefore?: number;
  source: string;
}

export const advisories: readonly Advisory[] = [
  {
    ids: ['CVE-2025-23310', 'CVE-2025-23311', 'CVE-2025-23319', 'CVE-2025-23320', 'CVE-2025-23334'],
    what: 'code execution through the HTTP front end, and through shared memory of the Python backend (CVSS 9.8)',
    mendedIn: 60,
    certainBefore: 59,
    source: "NVIDIA's bulletin for Triton, August 2025: mended in release 25.07",
  },
  {
    ids: [],
    what: 'output size without a bound, and a malformed HTTP header',
    mendedIn: 66,
    source: 'release notes 2.66.0 (26.02)',
  },
  {
    ids: ['CVE-2026-24206', 'CVE-2026-24207', 'CVE-2026-24208', 'CVE-2026-24209'],
    what: 'authentication bypass (CVSS 9.8), path traversal, denial of service',
    mendedIn: 70,
    certainBefore: 69,
    source:
      'public advisory pages, 2026-05-20; the release that mends it is named in bulletin 5828, which was not read',
  },
  {
    ids: [],
    what: 'a request to load a model can end the server; reserved parameters are not protected',
    mendedIn: 69,
    source: 'release notes 2.69.0 (26.05)',
  },
  {
    ids: [],
    what: 'unpacking of model environments and file paths is not hardened',
    mendedIn: 70,
    source: 'release notes 2.70.0 (26.06)',
  },
  {
    ids: [],
    what: 'use of freed memory in the dynamic batcher',
    mendedIn: 75,
    source: 'release notes 2.75.0 (26.11)',
  },
];

/** A fault that a server has. */
export interface HeldAdvisory extends Pick<Advisory, 'ids' | 'what' | 'source'> {
  /** False where it is not known whether this very release has it still. */
  certain: boolean;
}

/** @param version of the server, such as 2.51.0 @returns what holds for it; undefined for a version that is no 2.x */
export function advisoriesFor(version: string): HeldAdvisory[] | undefined {
  const minor = Number(/^2\.(\d+)\./.exec(version)?.[1] ?? NaN);
  if (Number.isNaN(minor)) return undefined;
  return advisories
    .filter(({ mendedIn }) => minor < mendedIn)
    .map(({ ids, what, source, mendedIn, certainBefore = mendedIn }) => ({
      ...{ ids, what, source },
      certain: minor < certainBefore,
    }));
}
