import type { MessageInitShape } from "@bufbuild/protobuf";
import { type ClientFrame, ClientFrameSchema, ServerFrameSchema } from "../../proto/index.js";
import { invalidArgument } from "../../services/runtime/errors.js";
import { codecOf, MessageError } from "../../services/runtime/grpc/codec.js";
import { readJson } from "../json/read-json.js";
import { writeJsonMessage } from "../json/write-json-message.js";

/** How a session writes its frames (F3). */
export type FrameForm = "binary" | "text";
/** What a session says. */
export type ServerMessage = NonNullable<MessageInitShape<typeof ServerFrameSchema>["frame"]>;

/** @throws ServiceError INVALID_ARGUMENT saying what is wrong with the frame (F4). */
export function readFrame(data: Uint8Array, form: FrameForm): ClientFrame {
  const frame = form === "binary" ? readBinary(data) : readJson(ClientFrameSchema, data, "frame");
  if (!frame.frame.case) throw invalidArgument("The frame carries no message; send openImage or segment.");
  return frame;
}

function readBinary(data: Uint8Array): ClientFrame {
  try {
    return codecOf(ClientFrameSchema).decode(data);
  } catch (cause) {
    const detail = cause instanceof MessageError ? ` ${cause.message}` : "";
    // JSON in a binary frame is the commonest of these.
    throw invalidArgument(`The frame is not a ClientFrame in protobuf.${detail} JSON goes in text frames.`);
  }
}

export function writeFrame(message: ServerMessage, form: FrameForm): Uint8Array | string {
  const frame = codecOf(ServerFrameSchema).create({ frame: message });
  return form === "binary"
    ? codecOf(ServerFrameSchema).encode(frame)
    : JSON.stringify(writeJsonMessage(ServerFrameSchema, frame));
}
