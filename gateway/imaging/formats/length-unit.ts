/** Names of the unit in which lengths are read, and ways to say that no unit is known. */
const MILLIMETRES = /^(mm|milli-?met(er|re)s?|\?*|unknown|none|n\/a|pixels?|voxels?)$/i;
/** Names of other units of length. */
const OTHERS =
  /^(f|p|n|u|\u00b5|\u03bc|\u00c2\u00b5|c|d|k)?m$|^(nano|micro|centi|deci|kilo)?-?met(er|re)s?$|^microns?$|^in$|^inch(es)?$/i;

/** What a unit of length means for a reader of millimetres; names of no unit of length are `unknown`. */
export function lengthUnit(name: string): 'millimetre' | 'other' | 'unknown' {
  const trimmed = name.trim();
  if (MILLIMETRES.test(trimmed)) return 'millimetre';
  return OTHERS.test(trimmed) ? 'other' : 'unknown';
}
