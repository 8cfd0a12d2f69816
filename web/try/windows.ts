/** Values that are shown black and white. */
export type ValueWindow = [low: number, high: number];

/** For CT, in Hounsfield units. */
const ct: Record<string, ValueWindow> = {
  'soft tissue': [-160, 240],
  lung: [-1350, 150],
  bone: [-500, 1300],
  brain: [0, 80],
};

/** Air in a CT is below this. */
const AIR = -500;

/** Windows to choose from; `auto` is the one that most values lie in. @param least smallest value of the image */
export function windowsFor(least: number): [name: string, window: ValueWindow | undefined][] {
  const auto: [string, undefined] = ['auto', undefined];
  return least < AIR ? [...Object.entries(ct), auto] : [auto];
}
