import type { DecoderInterface } from "../../sam/decode/decoder-spec.js";

/**
 * Whether an export has the interface that `rewriteDecoder` makes halves of: Meta's. Its weights alone would not tell: a decoder
 * that reads more besides has the same ones.
 */
export function isRewritable({ embedding, tokens, inputs, outputs }: DecoderInterface): boolean {
  const { pad, box, axes, labels } = tokens;
  return (
    embedding.length === 1 &&
    embedding[0]?.dims === undefined &&
    [pad, box, axes, labels].join() === "caller,corners,1,float32" &&
    inputs.mask !== undefined &&
    inputs.hasMask !== undefined &&
    outputs.single === 0
  );
}
