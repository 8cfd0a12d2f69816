/** A warning as the log has it: without what the client sent, since names of files and folders can name a patient. */
export function withoutNames(sentence: string): string {
  // From the first quotation mark to the last: a name may hold some itself.
  return sentence.replace(/".*"/s, '"..."');
}
