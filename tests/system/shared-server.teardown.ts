/** After all test files. */
export default (): Promise<void> | undefined =>
  (globalThis as { stopSharedServer?: () => Promise<void> }).stopSharedServer?.();
