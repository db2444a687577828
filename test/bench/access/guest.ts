import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { DecoderService } from "../../../proto/index.js";
import { codecOf } from "../../../services/runtime/grpc/codec.js";
import { methodDefinition } from "../../../services/runtime/grpc/service-definition.js";
import { clickOn } from "../../support/pictures.js";
import { SocketClient } from "../../support/socket-client.js";

const method = DecoderService.method.segmentOnce;

/** Who shows a key, or none, and clicks on a picture by one way. */
export interface Guest extends AsyncDisposable {
  /** @returns milliseconds at the client. */
  click(): Promise<number>;
}

/** Each click beside the one before it, so that none is answered from a preview or a cache. */
function prompts(imageId: string) {
  const { x, y } = clickOn("disc");
  let sequence = 0;
  return () => {
    sequence++;
    return { imageId, sequence, prompt: { points: [{ x: x + (sequence % 20), y, label: 1 }] } };
  };
}

export const headersOf = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` };

export async function guestBySocket(url: string, imageId: string, key: string | undefined): Promise<Guest> {
  const socket = await SocketClient.join(url, { headers: headersOf(key) });
  await socket.openReady(imageId);
  const next = prompts(imageId);
  return {
    async click() {
      const request = next();
      const startedAt = performance.now();
      socket.segment(request);
      const { outcome } = await socket.next("segment");
      if (outcome.case !== "result") throw new Error(`a click was answered ${outcome.value?.message}`);
      return performance.now() - startedAt;
    },
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  };
}

export async function guestByRpc(url: string, imageId: string, key: string | undefined): Promise<Guest> {
  const client = new Client(new URL(url).host, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headersOf(key))) metadata.set(name, value);
  const next = prompts(imageId);
  return {
    click: () => {
      const request = codecOf(method.input).create(next());
      const startedAt = performance.now();
      return new Promise((resolve, reject) =>
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, (error) => {
          if (error) reject(error);
          else resolve(performance.now() - startedAt);
        }),
      );
    },
    async [Symbol.asyncDispose]() {
      client.close();
    },
  };
}
