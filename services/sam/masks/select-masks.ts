/**
 * Which of the model's masks answer a prompt, best first.
 *
 * Left to SAM's own rule (`SamOnnxModel.select_masks` in Meta's export) one mask is chosen: with 2 points or fewer, the
 * pad point counted, the best candidate of an ambiguous prompt, with more the unambiguous one; written there as the
 * largest of score + (points - 2.5) * 1000 for mask 0 and the plain score for the others. Exports without an unambiguous
 * mask give the best of their candidates to any prompt.
 *
 * @param predictedIou float32 [count]; a graph with one mask has it chosen already.
 * @param points tokens of points and box corners, pad included.
 * @param multimask true: every candidate; false: the unambiguous mask; undefined: the rule.
 * @param single place of the unambiguous mask; undefined where there is none.
 * @returns indices into `predictedIou`.
 */
export function selectMasks(
  predictedIou: Float32Array,
  points: number,
  multimask: boolean | undefined,
  single: number | undefined,
): number[] {
  if (predictedIou.length === 1) return [0];
  if (single !== undefined && multimask === false) return [single];
  const byScore = [...predictedIou.keys()]
    .filter((index) => index !== single)
    .sort((a, b) => (predictedIou[b] as number) - (predictedIou[a] as number));
  if (multimask) return byScore;
  return single !== undefined && points > 2.5 ? [single] : byScore.slice(0, 1);
}
