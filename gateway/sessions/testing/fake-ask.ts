import { Code, ServiceError } from "../../../services/runtime/errors.js";
import { type Ask, type AskOptions, createAsk, type Line, type Tiers } from "../../ask/ask.js";

type Decoders = Tiers["decoders"];
type PeerLine = ReturnType<Decoders["openLine"]>;

export interface Fakes extends Partial<Pick<Tiers["encoders"], "encodeStored" | "encodePart" | "ground">> {
  everything?: Decoders["everything"];
  prepare?: Decoders["prepare"];
  segment?: PeerLine["segment"];
  onLineClosed?: () => void;
}

const unused = (): never => {
  throw new ServiceError({ code: Code.UNIMPLEMENTED, message: "Not in this test." });
};
const never = () => new Promise<never>(() => {});

/** The real door, with its deadlines and recovery, to tiers of which a test gives what it needs; and a line to them. */
export function fakeAsk(
  {
    encodeStored = unused,
    encodePart = unused,
    ground = unused,
    everything = unused,
    prepare = async () => {},
    segment = never,
    onLineClosed,
  }: Fakes,
  { deadlineMs = 60_000, everythingMs = 60_000, detail = { perPicture: 2 } }: Partial<AskOptions> = {},
): { ask: Ask; line: Line } {
  const tiers: Tiers = {
    encoders: {
      encodeStored,
      encodePart,
      encodeUpload: unused,
      lookup: unused,
      ground,
      models: () => [],
      listDetectors: unused,
      async *fetchEmbedding() {},
      async *cutOut() {},
      deleteImages: unused,
      deleteShared: unused,
    },
    decoders: {
      everything,
      prepare,
      models: () => [],
      segmentOnce: unused,
      propagate: unused,
      load: async () => {},
      describeGraphs: unused,
      fetchGraph: unused,
      forgetImages: unused,
      openLine: () => ({ segment, close: () => onLineClosed?.() }),
    },
  };
  const ask = createAsk(tiers, { deadlineMs, everythingMs, detail });
  return { ask, line: ask.openLine({}) };
}
