/** The nearest whole number, of two as near the even one: Python's `round` and NumPy's `rint`. */
export function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (Math.abs(floor) % 2) : Math.round(value);
}
