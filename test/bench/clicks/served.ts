import { decodeRle, rleToBitmap } from "../../../proto/index.js";
import { noPrompts, type Prompts } from "../../../web-client/sdk/session/prompts.js";
import { segmentRequest } from "../../../web-client/sdk/session/request.js";
import { addPoint, refine, setBox } from "../../../web-client/state/edit.js";
import { emptyStep } from "../../../web-client/state/work.js";
import { upload } from "../../support/http-calls.js";
import { SocketClient } from "../../support/socket-client.js";
import { startMaskwire } from "../../support/start-maskwire.js";
import type { Answer, Contestant } from "./contestant.js";

/** The service, asked as the page asks: by its own code, over a WebSocket. @param env settings beside the tests'. */
export async function served(name: string, env: Record<string, string> = {}): Promise<Contestant> {
  const maskwire = await startMaskwire(env);
  const socket = await SocketClient.join(maskwire.url);
  let sequence = 0;
  const ask = async (prompts: Prompts): Promise<Answer> => {
    const value = segmentRequest(++sequence, prompts, false);
    socket.send({ case: "segment", value });
    const { outcome } = await socket.next("segment");
    if (outcome.case !== "result") throw new Error(outcome.value?.message ?? "no answer");
    const { masks } = outcome.value;
    const rle = masks[0]?.rle;
    if (!rle) throw new Error("an answer without a mask");
    const step = { ...emptyStep, sequence, prompts, answer: { masks, chosen: 0 }, asked: true };
    return { bitmap: rleToBitmap(decodeRle(rle)), refine: (click) => ask(refine(step, click, undefined)) };
  };
  return {
    name,
    async open({ bytes }) {
      const { image } = await upload(maskwire.url, bytes);
      await socket.openReady(image?.imageId ?? "");
      return { click: (first) => ask(addPoint(noPrompts, first)), box: (box) => ask(setBox(noPrompts, box)) };
    },
    async [Symbol.asyncDispose]() {
      await socket[Symbol.asyncDispose]();
      await maskwire.stop();
    },
  };
}
