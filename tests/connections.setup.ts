const { fetch } = globalThis;

/** Each request of a test has a connection of its own: while a test computes, the server closes one that is kept, and the next request on it fails. */
globalThis.fetch = (input, init) => {
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
  headers.set('connection', 'close');
  return fetch(input, { ...init, headers });
};

export {};
