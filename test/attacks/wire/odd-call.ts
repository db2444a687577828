import type { DescMethod } from "@bufbuild/protobuf";
import type { Random } from "../../simulation/random.js";
import { grpcFrame } from "./http2.js";
import { mutateBytes, pick } from "./mutate-bytes.js";
import { oddMessage } from "./odd-protobuf.js";

/** A method's path, now and then of one that there is not. */
export function pathOf({ parent, name }: DescMethod, random: Random): string {
  return random.below(40) === 0 ? `/${parent.typeName}/${name}x` : `/${parent.typeName}/${name}`;
}

/** Its messages, mostly odd, and mostly framed as they should be. */
export function bodyOf({ input, methodKind }: DescMethod, random: Random): Uint8Array[] {
  const isStream = methodKind === "client_streaming" || methodKind === "bidi_streaming";
  const frames = Array.from({ length: isStream ? random.below(5) : 1 }, () => grpcFrame(oddMessage(input, random)));
  switch (random.below(12)) {
    case 0:
      return frames.map((frame) => Buffer.from(mutateBytes(frame, random, 2)));
    case 1:
      // Compressed, by its own word; or longer than it is.
      return [grpcFrame(oddMessage(input, random), 1)];
    case 2:
      return [grpcFrame(oddMessage(input, random), 0, pick(random, [2 ** 32 - 1, 2 ** 24, 6 * 2 ** 20]))];
    case 3:
      return [...frames, ...frames];
    default:
      return frames;
  }
}

/** Headers of a call, mostly none. */
export function oddMetadata(random: Random): Record<string, string> {
  switch (random.below(10)) {
    case 0:
      return { "grpc-timeout": pick(random, ["1n", "0S", "99999999H", "-1S", "5", "x"]) };
    case 1:
      return {
        traceparent: pick(random, ["00-0-0-0", "x".repeat(3000), "ü", `00-${"0".repeat(32)}-${"0".repeat(16)}-01`]),
      };
    case 2:
      return { "x-request-id": "y".repeat(5000) };
    case 3:
      return { "grpc-encoding": pick(random, ["gzip", "identity", "snappy"]) };
    default:
      return {};
  }
}
