/** Closed lines, x, y, x, y, ... each. */
type Ring = readonly number[];

/** Above so many pairs of corners the nearest one is not looked for. */
const mostPairs = 5_000_000;

/**
 * Rings as one, by ways there and back between them: what lies in an odd number of them lies in it, and no other pixel does, since a
 * bridge is crossed twice or not at all. Formats that know one ring say holes and parts so.
 */
export function bridged(rings: readonly Ring[]): number[] {
  const [first = [], ...others] = rings;
  const corners = rings.reduce((sum, ring) => sum + ring.length, 0);
  const isFar = others.length * corners > mostPairs;
  let joined = [...first];
  for (const ring of others) {
    const at = isFar ? joined.length - 2 : nearest(joined, ring[0]!, ring[1]!);
    const bridge = [joined[at]!, joined[at + 1]!];
    joined = [...joined.slice(0, at + 2), ...ring, ring[0]!, ring[1]!, ...bridge, ...joined.slice(at + 2)];
  }
  return joined;
}

/** The corner that is nearest to a point: the index of its x. */
function nearest(ring: Ring, x: number, y: number): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ring.length; i += 2) {
    const far = (ring[i]! - x) ** 2 + (ring[i + 1]! - y) ** 2;
    if (far < least) [best, least] = [i, far];
  }
  return best;
}
