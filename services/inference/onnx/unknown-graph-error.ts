/**
 * The graph is not a SAM decoder export that the rewriter knows. Not a fault of the model: whoever catches it serves the
 * graph as it is.
 */
export class UnknownGraphError extends Error {
  override readonly name = "UnknownGraphError";

  /**
   * @param lookedFor what the rewriter looked for, as a noun phrase
   * @param found what it met instead
   */
  constructor(
    readonly lookedFor: string,
    readonly found: string,
  ) {
    super(`not a SAM decoder that can be rewritten: looked for ${lookedFor}, found ${found}`);
  }
}
