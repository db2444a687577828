import { type Mask, polygonsOf } from "../../../proto/index.js";
import { type Corner, cornersOf, ringArea, ringLength, simplify } from "../shared/geometry.js";
import { runsOf } from "../shared/mask-part.js";

/** For what nobody has named: the client asks. */
const unnamed = "AUTOLABEL_OBJECT";
/** Shares of the picture and of the mean ring: beyond one it is the ground, below the other a speck. */
const largestShare = 0.9;
const leastShare = 0.2;

/** By how much a polygon may leave its mask where nobody says. */
export const usualEpsilon = 0.001;

interface Known {
  /** Empty for what nobody has named. */
  readonly label: string;
  readonly score: number;
}

/**
 * A mask as X-AnyLabeling's polygons: closed by their first point, without holes and specks.
 * @param epsilon by how much a polygon may leave its mask, as a share of its ring's length.
 * @param group one for all polygons of the object. @param known of an object of a video, which is one on all frames.
 */
export function shapesOf(mask: Mask, epsilon: number, group: number, known?: Known): object[] {
  const runs = runsOf(mask);
  const rings = polygonsOf(runs).outer.map(cornersOf);
  const mean = rings.reduce((sum, ring) => sum + ringArea(ring), 0) / rings.length;
  const wanted = rings.filter((ring) => {
    const area = ringArea(ring);
    const isGround = rings.length > 1 && area > largestShare * runs.width * runs.height;
    return !isGround && area >= leastShare * mean;
  });
  const { label, score } = known ?? {
    label: mask.grounding?.label ?? "",
    score: mask.grounding?.score ?? mask.predictedIou,
  };
  return wanted.map((ring) => ({
    label: label === "" ? unnamed : label,
    shape_type: "polygon",
    points: closed(simplify(ring, epsilon * ringLength(ring))),
    score: Math.min(1, Math.max(0, score)),
    attributes: {},
    description: "",
    difficult: false,
    direction: 0,
    flags: {},
    group_id: known || wanted.length > 1 ? group : null,
    kie_linking: [],
  }));
}

const closed = (ring: readonly Corner[]): Corner[] => [...ring, ...ring.slice(0, 1)];
