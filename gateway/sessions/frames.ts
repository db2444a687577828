import { fromJsonString, type MessageInitShape, toJsonString } from "@bufbuild/protobuf";
import { type ClientFrame, ClientFrameSchema, ServerFrameSchema } from "../../proto/index.js";
import { invalidArgument } from "../../services/runtime/errors.js";
import { codecOf } from "../../services/runtime/grpc/codec.js";

/** How a session writes its frames (F3). */
export type FrameForm = "binary" | "text";
export type ServerFrameInit = MessageInitShape<typeof ServerFrameSchema>;

/** @throws ServiceError INVALID_ARGUMENT saying what is wrong with the frame (F4). */
export function readFrame(data: Uint8Array, form: FrameForm): ClientFrame {
  let frame: ClientFrame;
  try {
    frame =
      form === "binary"
        ? codecOf(ClientFrameSchema).decode(data)
        : fromJsonString(ClientFrameSchema, new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch (cause) {
    const detail = cause instanceof Error ? `: ${cause.message.slice(0, 200)}` : "";
    throw invalidArgument(
      `The frame is not a ClientFrame in ${form === "binary" ? "protobuf" : "protobuf JSON"}${detail}.`,
    );
  }
  if (!frame.frame.case) throw invalidArgument("The frame carries no message; send openImage or segment.");
  return frame;
}

export function writeFrame(init: ServerFrameInit, form: FrameForm): Uint8Array | string {
  const frame = codecOf(ServerFrameSchema).create(init);
  return form === "binary"
    ? codecOf(ServerFrameSchema).encode(frame)
    : toJsonString(ServerFrameSchema, frame, { alwaysEmitImplicit: true });
}
