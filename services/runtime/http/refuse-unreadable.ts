import type { Duplex } from "node:stream";
import { Code, type ErrorInit } from "../errors.js";
import type { AnswersOwed } from "./answers-owed.js";
import { answerRaw } from "./raw-answer.js";

/** What HTTP's parser or clock says of a request that cannot be read (H12). */
export async function refuseUnreadable(error: { code?: string }, socket: Duplex, owed: AnswersOwed): Promise<void> {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const answers = owed.of(socket);
  const reading = answers.filter(({ req }) => !req.complete);
  // Bytes in the middle of an answer would be read as part of it.
  if (reading.some(({ headersSent }) => headersSent)) {
    socket.destroy();
    return;
  }
  // The requests before it have been read and get their answers first.
  if (reading.length === 0) await owed.given(socket);
  if (socket.destroyed) return;
  const { status, told } = describe(error.code);
  answerRaw(socket, status, told);
}

function describe(code: string | undefined): { status: number; told: ErrorInit } {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { status: 408, told: { code: Code.DEADLINE_EXCEEDED, message: "The request took too long to arrive." } };
    case "HPE_HEADER_OVERFLOW":
      return { status: 431, told: { code: Code.RESOURCE_EXHAUSTED, message: "The request's headers are too large." } };
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return {
        status: 413,
        told: { code: Code.RESOURCE_EXHAUSTED, message: "The body's chunk extensions are too large." },
      };
    default:
      return { status: 400, told: { code: Code.INVALID_ARGUMENT, message: "The request is not valid HTTP." } };
  }
}
