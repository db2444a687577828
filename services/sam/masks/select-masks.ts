/** SAM gives the single, unambiguous mask first and the candidates of an ambiguous prompt behind it. */
const singleMask = 0;

/**
 * Which of the model's masks answer a prompt, best first.
 *
 * Left to SAM's own rule (`SamOnnxModel.select_masks` in Meta's export) one mask is chosen: with 2 points or fewer, the
 * pad point counted, the best candidate of an ambiguous prompt, with more the unambiguous one; written there as the
 * largest of score + (points - 2.5) * 1000 for mask 0 and the plain score for the others.
 *
 * @param predictedIou float32 [count], mask 0 first; a graph with one mask has it chosen already.
 * @param points tokens of points and box corners, pad included.
 * @param multimask true: every candidate; false: the unambiguous mask; undefined: the rule.
 * @returns indices into `predictedIou`.
 */
export function selectMasks(predictedIou: Float32Array, points: number, multimask: boolean | undefined): number[] {
  if (predictedIou.length === 1 || multimask === false) return [singleMask];
  const byScore = [...predictedIou.keys()]
    .filter((index) => index !== singleMask)
    .sort((a, b) => (predictedIou[b] as number) - (predictedIou[a] as number));
  if (multimask) return byScore;
  return points > 2.5 ? [singleMask] : byScore.slice(0, 1);
}
