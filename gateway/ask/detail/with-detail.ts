import {
  MaskFormat,
  maxFormats,
  mayWantDetail,
  type SegmentRequest,
  type SegmentResult,
} from "../../../proto/index.js";
import { invalidArgument } from "../../../services/runtime/errors.js";
import type { Answer } from "../answer.js";
import type { DetailLimits } from "./detail-limits.js";
import type { DetailEvents } from "./detail-metrics.js";
import { type DetailPorts, makeFiner } from "./make-finer.js";
import { planDetail } from "./plan-detail.js";

/** Z8 */
export const cropIsOurs = "`crop` is set by the gateway; ask for `detail`, and it chooses the part.";

/** An answer that is waited for until it is as fine as it gets (Z1). Throws what the first answer throws. */
export function withDetail(
  ports: DetailPorts,
  { perPicture }: Pick<DetailLimits, "perPicture">,
  events: DetailEvents,
): Answer<SegmentRequest, SegmentResult> {
  const { segment } = ports;
  return async function detail(request, call) {
    if (request.crop) throw invalidArgument(cropIsOurs);
    if (perPicture === 0 || !mayWantDetail(request) || request.formats.length > maxFormats)
      return segment(request, call);
    const formats = [...new Set([...request.formats, MaskFormat.LOW_RES_LOGITS])];
    const first = await segment({ ...request, formats }, call);
    const plan = planDetail(request, first);
    const finer = plan && (await makeFiner(ports, request, first, plan, call, events));
    return asAsked(request, finer ?? first);
  };
}

/** Without the logits that nobody asked for. */
export function asAsked({ formats }: Pick<SegmentRequest, "formats">, result: SegmentResult): SegmentResult {
  if (formats.includes(MaskFormat.LOW_RES_LOGITS)) return result;
  return { ...result, masks: result.masks.map(({ lowResLogits: _, ...mask }) => mask) };
}
