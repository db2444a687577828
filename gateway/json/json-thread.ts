import { parentPort, workerData } from "node:worker_threads";
import { createRegistry, type DescFile, type Registry } from "@bufbuild/protobuf";
import * as contract from "../../proto/index.js";
import { describeError, ServiceError } from "../../services/runtime/errors.js";
import { codecOf } from "../../services/runtime/grpc/codec.js";
import { yieldThisThread } from "../../services/runtime/yield-cores.js";
import { checkMemory } from "./json-memory.js";
import type { JsonRead, JsonThreadData, JsonToRead } from "./json-protocol.js";
import { readJson } from "./read-json.js";

/*
 * The thread in which large bodies are read: behind all else on its cores.
 */

const isFile = (one: unknown): one is DescFile => (one as { kind?: unknown } | undefined)?.kind === "file";
const messages: Registry = createRegistry(...Object.values(contract as Record<string, unknown>).filter(isFile));

const { limitBytes } = workerData as JsonThreadData;

function read({ typeName, bytes, what }: JsonToRead): JsonRead {
  try {
    const schema = messages.getMessage(typeName);
    if (!schema) throw new Error(`the contract has no ${typeName}`);
    checkMemory(bytes, limitBytes);
    return { bytes: codecOf(schema).encode(readJson(schema, bytes, what)) };
  } catch (error) {
    if (error instanceof ServiceError) return { refusal: describeError(error) };
    return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

yieldThisThread();
parentPort?.on("message", (wanted: JsonToRead) => {
  const answer = read(wanted);
  parentPort?.postMessage(answer, "bytes" in answer ? [answer.bytes.buffer as ArrayBuffer] : []);
});
