type Body = () => void | Promise<unknown>;

const skipped = (what: string) => `needs ${what}`;

/**
 * `test` where what it needs is there. Elsewhere it is skipped, and its name says what it needs: `npm test` tells that at its end.
 *
 * @param what the program or file, for example `shellcheck`
 */
export const testThatNeeds =
  (what: string, there: unknown) =>
  (name: string, body: Body, timeoutMs?: number): void =>
    there
      ? test(name, body as () => Promise<unknown>, timeoutMs)
      : test.skip(`${name} (${skipped(what)})`, body as () => void);

/** `describe` likewise: one skipped test stands for the group, whose body is not run. */
export const describeThatNeeds =
  (what: string, there: unknown) =>
  (name: string, body: () => void): void =>
    describe(name, there ? body : () => test.skip(skipped(what), () => undefined));
