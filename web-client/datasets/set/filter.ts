import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { ObjectState, type PictureFilter, PictureFilterSchema, PictureState } from "../../../proto/index.js";

/** Which pictures are looked at. It stands in the page's address, so that it can be kept and handed on. */
export interface Filter {
  readonly name: string;
  readonly label: number;
  readonly state: ObjectState;
  readonly picture: PictureState;
  readonly person: string;
  readonly split: string;
  readonly isEmpty: boolean;
  /** Frames of this one; 0: all pictures. */
  readonly sequence: bigint;
}

export const noFilter: Filter = {
  name: "",
  label: 0,
  state: ObjectState.UNSPECIFIED,
  picture: PictureState.UNSPECIFIED,
  person: "",
  split: "",
  isEmpty: false,
  sequence: 0n,
};

export function isFiltering(filter: Filter): boolean {
  return queryOfFilter(filter).toString() !== "";
}

export function queryOfFilter({
  name,
  label,
  state,
  picture,
  person,
  split,
  isEmpty,
  sequence,
}: Filter): URLSearchParams {
  const said: [string, string][] = [
    ["name", name],
    ["label", label === 0 ? "" : String(label)],
    ["state", state === ObjectState.UNSPECIFIED ? "" : ObjectState[state].toLowerCase()],
    ["is", picture === PictureState.UNSPECIFIED ? "" : PictureState[picture].toLowerCase()],
    ["person", person],
    ["split", split],
    ["empty", isEmpty ? "yes" : ""],
    ["sequence", sequence === 0n ? "" : String(sequence)],
  ];
  return new URLSearchParams(said.filter(([, value]) => value !== ""));
}

/** What an address says that is not understood is not asked for. */
export function filterIn(query: URLSearchParams): Filter {
  const text = (name: string) => query.get(name) ?? "";
  const label = Number(text("label"));
  return {
    name: text("name"),
    label: Number.isSafeInteger(label) && label > 0 ? label : 0,
    state: ObjectState[text("state").toUpperCase() as keyof typeof ObjectState] ?? ObjectState.UNSPECIFIED,
    picture: PictureState[text("is").toUpperCase() as keyof typeof PictureState] ?? PictureState.UNSPECIFIED,
    person: text("person"),
    split: text("split"),
    isEmpty: text("empty") === "yes",
    sequence: /^\d{1,18}$/.test(text("sequence")) ? BigInt(text("sequence")) : 0n,
  };
}

/** As the contract has it. */
export function messageOf({ name, label, state, picture, person, split, isEmpty, sequence }: Filter): PictureFilter {
  const init: MessageInitShape<typeof PictureFilterSchema> = {
    name,
    labels: label === 0 ? [] : [label],
    objectStates: state === ObjectState.UNSPECIFIED ? [] : [state],
    states: picture === PictureState.UNSPECIFIED ? [] : [picture],
    people: person === "" ? [] : [person],
    splits: split === "" ? [] : [split],
    empty: isEmpty,
    sequence,
  };
  return create(PictureFilterSchema, init);
}
