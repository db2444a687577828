import { randomUUID } from "node:crypto";
import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { exchange, head } from "../wire/raw-http.js";
import { AttackerSession } from "../wire/session.js";

/** Frames that are sent before it is looked whether they were read. */
const burst = 100;

async function floodFrames(
  { gateway, from }: { gateway: string; from: string },
  tally: Parameters<Attack["run"]>[2],
  next: (index: number) => string,
): Promise<void> {
  await inParallel(4, tally, async () => {
    const onFrame = (frame: { case?: string | undefined }) => {
      if (frame.case === "error") tally.refused();
      else tally.answered();
    };
    const session = await AttackerSession.open({ url: gateway, from, form: "text", tally, onFrame });
    if (!session) return void (await new Promise((resolve) => setTimeout(resolve, 100)));
    for (let index = 0; session.isOpen && tally.goesOn; index++) {
      session.send(next(index));
      tally.try();
      if (index % burst === burst - 1) await session.read(2000);
    }
    session.leave();
  });
}

export const floodJson: Attack = {
  name: "flood-json",
  title: "JSON frames of 30 kB, as many as go through",
  setting: "single",
  unit: "frames",
  count: 20_000,
  short: 600,
  async run(target, _random, tally) {
    const point = { x: 1.5, y: 2.5, label: 1 };
    const text = JSON.stringify({
      segment: { sequence: 1, prompt: { points: Array(100).fill(point) }, model: "m".repeat(28_000) },
    });
    await floodFrames(target, tally, () => text);
  },
};

export const floodOpens: Attack = {
  name: "flood-opens",
  title: "a picture opened again and again, thousands of times a second",
  setting: "single",
  unit: "frames",
  count: 60_000,
  short: 1500,
  async run(target, _random, tally) {
    const frames = [target.imageId, `sha256:${"0".repeat(64)}`].map((imageId) =>
      JSON.stringify({ openImage: { imageId } }),
    );
    await floodFrames(target, tally, (index) => frames[index % 2] as string);
  },
};

export const pipelinedGets: Attack = {
  name: "pipelined-gets",
  title: "tens of thousands of GETs on a few connections, answers unread until all are sent",
  setting: "single",
  unit: "requests",
  count: 100_000,
  short: 3000,
  async run({ gateway, from, imageId }, random, tally) {
    const paths = [
      `/v1/images/${imageId}`,
      "/v1/models/default/decoder",
      "/",
      `/v1/images/sha256:${randomUUID().replaceAll("-", "").repeat(2)}`,
    ];
    await inParallel(4, tally, async () => {
      const batch = Math.min(5000, tally.left);
      tally.try(batch);
      const path = paths[random.below(paths.length)] as string;
      const text = head("GET", path).repeat(50);
      const { statuses, isClosed } = await exchange(gateway, from, Array(Math.ceil(batch / 50)).fill(text), {
        lingerMs: 3000,
      });
      for (const status of statuses) {
        if (status >= 500 && status !== 503) tally.note(`a pipelined GET was answered with ${status}`);
      }
      if (isClosed || statuses.length === 0) tally.refused();
      else tally.answered();
    });
  },
};
