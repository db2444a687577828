/** Those fields of a message, all of them there. */
type Whole<M, K extends keyof M> = { [Field in K]-?: NonNullable<M[Field]> };

/**
 * The fields of a message whose zero means something, so that one left out must not be taken for it.
 * @param at where the message stands in what was sent: `points[2]`.
 * @param refusal the error of a sentence that names the first that is missing.
 */
export function whole<M extends object, K extends keyof M & string>(
  message: M,
  fields: readonly K[],
  at: string,
  refusal: (sentence: string) => Error,
): Whole<M, K> {
  const missing = fields.find((field) => message[field] === undefined);
  if (missing) throw refusal(`\`${at}.${missing}\` is missing; where 0 is meant, 0 must be sent.`);
  return message as Whole<M, K>;
}
