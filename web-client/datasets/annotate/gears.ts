import { create } from "@bufbuild/protobuf";
import { ObjectState, type PictureFilter, PictureFilterSchema, PictureState } from "../../../proto/index.js";

/** Which pictures a person goes through: the engine's gears, and what reviewers sent back. */
export const gears = ["all", "empty", "proposed", "rejected"] as const;
export type GearChoice = (typeof gears)[number];

export function gearIn(text: string | null): GearChoice {
  return gears.find((one) => one === text) ?? "all";
}

/** @param sequence whose frames are gone through, in whatever state they are; 0: pictures as the gear says. */
export function filterOf(gear: GearChoice, sequence: bigint): PictureFilter {
  if (sequence > 0n) return create(PictureFilterSchema, { sequence });
  const open = { states: [PictureState.OPEN] };
  switch (gear) {
    case "all":
      return create(PictureFilterSchema, open);
    case "empty":
      return create(PictureFilterSchema, { ...open, empty: true });
    case "proposed":
      return create(PictureFilterSchema, { ...open, objectStates: [ObjectState.PROPOSED] });
    // Whoever reviewed it may have found the picture done before.
    case "rejected":
      return create(PictureFilterSchema, { objectStates: [ObjectState.REJECTED] });
  }
}
