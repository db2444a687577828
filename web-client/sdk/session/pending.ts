/** What somebody waits for, until they are told or do not wait any more. */
export interface Pending<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * @param signal ends the wait with its reason.
 * @param onEnd is told when it was that.
 */
export function pending<Value>(signal: AbortSignal | undefined, onEnd: () => void): Pending<Value> {
  const { promise, resolve, reject } = withResolvers<Value>();
  const end = () => {
    reject(signal?.reason);
    onEnd();
  };
  if (signal?.aborted) end();
  signal?.addEventListener("abort", end, { once: true });
  const leave = () => signal?.removeEventListener("abort", end);
  return {
    promise,
    resolve: (value) => {
      leave();
      resolve(value);
    },
    reject: (reason) => {
      leave();
      reject(reason);
    },
  };
}

/** `Promise.withResolvers`, which Node 20 does not have. */
export function withResolvers<Value>() {
  let resolve: (value: Value) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<Value>((onValue, onReason) => {
    resolve = onValue;
    reject = onReason;
  });
  return { promise, resolve, reject };
}
