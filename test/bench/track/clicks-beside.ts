import { upload } from "../../support/http-calls.js";
import { MaskwireProcess } from "../../support/maskwire-process.js";
import { clickOn, jpegScene } from "../../support/pictures.js";
import { atMost, type Outcome } from "../report.js";
import { median, p50p95 } from "../statistics.js";

const size = [854, 480] as const;
const videos = 3;
/** Enough for all clicks: what is left of a video is given up. */
const framesEach = 12;
const clicks = 30;
/** Who clicks, and whose videos they are, as a proxy tells it. */
const person = "192.0.2.1";
const others = "192.0.2.2";
/** Between two clicks of a person, in milliseconds. */
const pauseMs = 150;

/** A person's clicks alone, and beside three videos that another caller has followed: on the program as it is started by itself. */
export async function clicksBesideTracks(say: (line: string) => void): Promise<Outcome> {
  await using maskwire = await MaskwireProcess.start({ MASKWIRE_TRUSTED_PROXIES: "127.0.0.1" });
  const { url } = maskwire;
  const picture = (await upload(url, await jpegScene(...size, 900))).image?.imageId ?? "";
  const frames: string[] = [];
  for (let seed = 0; seed < videos * framesEach; seed++) {
    frames.push((await upload(url, await jpegScene(...size, seed))).image?.imageId ?? "");
  }
  await clickTimes(url, picture, 5);
  const before = await clickTimes(url, picture, clicks);
  const leaving = new AbortController();
  let made = 0;
  const following = Array.from({ length: videos }, (_, at) =>
    follow(url, frames.slice(at * framesEach, (at + 1) * framesEach), leaving.signal, () => made++),
  );
  // Until all three are at it.
  await Promise.all(following.map(({ begun }) => begun));
  const startedAt = performance.now();
  const madeBefore = made;
  const beside = await clickTimes(url, picture, clicks);
  const framesPerSecond = ((made - madeBefore) * 1000) / (performance.now() - startedAt);
  leaving.abort();
  await Promise.all(following.map(({ ended }) => ended));
  const after = await clickTimes(url, picture, clicks);
  const alone = [...before, ...after];
  const ratio = median(beside) / median(alone);
  say(`clicks alone p50 ${median(alone).toFixed(0)} ms, beside ${videos} videos ${median(beside).toFixed(0)} ms`);
  return {
    bars: [atMost("a click beside three videos, p50", ratio, 1.5, "x alone")],
    detail: { "clicks, ms": { alone: p50p95(alone), beside: p50p95(beside), "frames/s beside": framesPerSecond } },
  };
}

async function clickTimes(url: string, imageId: string, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let at = 0; at < count; at++) {
    const { x, y } = clickOn("disc", ...size);
    // Never the same twice: nothing is answered from what was decoded before.
    const points = [{ x: x + (at % 7), y: y + (at % 5) }];
    const startedAt = performance.now();
    const answer = await post(url, "/v1/segment", person, { imageId, prompt: { points } });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`a click was answered with ${answer.status}`);
    times.push(performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return times;
}

/** A video again and again, until the signal aborts. */
function follow(url: string, imageIds: readonly string[], signal: AbortSignal, onFrame: () => void) {
  let isBegun = () => {};
  const begun = new Promise<void>((resolve) => {
    isBegun = resolve;
  });
  const ended = (async () => {
    const prompts = [{ frame: 0, object: 1, prompt: { points: [clickOn("disc", ...size)] } }];
    while (!signal.aborted) {
      const answer = await post(url, "/v1/track", others, { imageIds, prompts }, signal);
      if (!answer.ok || !answer.body) throw new Error(`a video was answered with ${answer.status}`);
      for await (const piece of answer.body) {
        for (const byte of piece as Uint8Array) if (byte === 10) onFrame();
        isBegun();
      }
    }
  })().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return { begun: Promise.race([begun, ended]), ended };
}

function post(url: string, path: string, from: string, body: object, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-forwarded-for": from },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
}
