const temperature = 10_000;
const epsilon = 1e-6;

/**
 * Where each cell of a square grid is, as SAM 2's encoder says it (`PositionEmbeddingSine` of facebookresearch/sam2, normalised): the
 * first half of the channels are sines and cosines of the row at rising wavelengths, the second of the column. It says nothing of a
 * picture, so that no embedding has to hold it. @returns float32 [side * side, channels].
 */
export function sinePositions(side: number, channels: number): Float32Array {
  const half = channels / 2;
  const along = Array.from({ length: side }, (_, place) => {
    const turn = ((place + 1) / (side + epsilon)) * 2 * Math.PI;
    return Float32Array.from({ length: half }, (_, channel) => {
      const angle = turn / temperature ** ((2 * Math.floor(channel / 2)) / half);
      return channel % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    });
  });
  const positions = new Float32Array(side * side * channels);
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++, at += channels) {
      positions.set(along[y]!, at);
      positions.set(along[x]!, at + half);
    }
  }
  return positions;
}
