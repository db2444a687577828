import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../../simulation/random.js";
import { clickOn } from "../../support/pictures.js";
import { SocketClient } from "../../support/socket-client.js";
import type { Rig } from "./rig.js";
import { workerMsOf } from "./worker-ms.js";

export interface LoopOptions {
  readonly sessions: number;
  /** Mean of the exponential pause after an answer; 0 asks again at once. */
  readonly pauseMs: number;
  readonly ms: number;
  /** Whether every other prompt is a preview. */
  readonly previews: boolean;
  readonly seed: number;
}

interface LoopPrompt {
  readonly preview: boolean;
  /** From the moment at which it was meant to be sent to its answer. */
  readonly latencyMs: number;
  /** In the decoder: it waited for the worker, then the worker took this for it. */
  readonly queueMs: number;
  readonly workerMs: number;
}

export interface Loop {
  readonly prompts: readonly LoopPrompt[];
  readonly ms: number;
  /** Processor milliseconds that each process took meanwhile. */
  readonly cpuMs: Readonly<Record<string, number>>;
}

/** Sessions that ask when they have been answered, each on a picture of its own, which is warm. */
export async function closedLoop(rig: Rig, { sessions, pauseMs, ms, previews, seed }: LoopOptions): Promise<Loop> {
  const people = await Promise.all(
    Array.from({ length: sessions }, async (_, index) => {
      const socket = await SocketClient.join(rig.gatewayUrl);
      await socket.openReady(rig.album[index] as string);
      await ask(socket, 1, false, performance.now());
      return { socket, random: new Random(seed, index) };
    }),
  );
  const prompts: LoopPrompt[] = [];
  const cpuBefore = rig.cpuSeconds();
  const startedAt = performance.now();
  await Promise.all(
    people.map(async ({ socket, random }) => {
      for (let sequence = 2; performance.now() - startedAt < ms; sequence++) {
        const meantAt = performance.now() + (pauseMs === 0 ? 0 : random.exponential(pauseMs));
        const leftMs = meantAt - performance.now();
        if (leftMs > 0) await sleep(leftMs);
        prompts.push(await ask(socket, sequence, previews && sequence % 2 === 0, meantAt));
      }
    }),
  );
  const tookMs = performance.now() - startedAt;
  const cpu = Object.entries(rig.cpuSeconds()).map(([name, seconds]) => [
    name,
    1000 * (seconds - (cpuBefore[name] as number)),
  ]);
  for (const { socket } of people) await socket[Symbol.asyncDispose]();
  return { prompts, ms: tookMs, cpuMs: Object.fromEntries(cpu) };
}

async function ask(socket: SocketClient, sequence: number, preview: boolean, meantAt: number): Promise<LoopPrompt> {
  const { x, y } = clickOn("disc");
  const points = [{ x: x + (sequence % 40), y: y + (sequence % 30), label: 1 }];
  socket.segment({ sequence, preview, prompt: { points }, ...(preview ? {} : { multimask: true }) });
  const { outcome } = await socket.next("segment");
  const latencyMs = performance.now() - meantAt;
  if (outcome.case !== "result") throw new Error(`a prompt was answered ${outcome.value?.message}`);
  return { preview, latencyMs, queueMs: outcome.value.timings?.queueMs ?? 0, workerMs: workerMsOf(outcome.value) };
}
