/** SNOMED CT code, its meaning, and the names by which labels mean it: small letters, one space between words, singular. */
export type Term = readonly [code: string, meaning: string, ...names: readonly string[]];
