/**
 * The graph is not an export that its rewriter knows. Not a fault of the model: whoever catches it serves the
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
    super(`not a graph that can be rewritten: looked for ${lookedFor}, found ${found}`);
  }
}
