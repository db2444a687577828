/**
 * Why a command of the shared cache has no answer. "refused" and "timeout" say nothing of whether the cache carried the
 * command out: it may have, or may still.
 */
type CacheErrorKind =
  /** Not sent: the cache does not answer at present. */
  | "unavailable"
  /** No answer in time. */
  | "timeout"
  /** The connection broke, or the cache answered with an error. */
  | "refused"
  /** Not sent: the process is stopping. */
  | "closed";

export class CacheError extends Error {
  override readonly name = "CacheError";
  readonly kind: CacheErrorKind;

  constructor(kind: CacheErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
