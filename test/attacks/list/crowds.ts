import { jpegScene } from "../../support/pictures.js";
import type { Attack, Target } from "../attack.js";
import { inParallel, type Tally } from "../tally.js";
import { exchange, post, tellHttp } from "../wire/raw-http.js";
import { AttackerSession } from "../wire/session.js";

/** Somebody else again, who comes while the attacker holds what it could get. */
const newcomersAddress = "127.0.0.99";

async function openMany({ gateway, from }: Target, tally: Tally, count: number): Promise<AttackerSession[]> {
  const sessions: AttackerSession[] = [];
  for (let index = 0; index < count && tally.goesOn; index++) {
    tally.try();
    const session = await AttackerSession.open({ url: gateway, from, form: "text", tally });
    // One that is over the limit is closed at once, with its own code.
    if (session) sessions.push(session);
  }
  return sessions;
}

export const manySessions: Attack = {
  name: "many-sessions",
  title: "as many sessions as one address gets, and somebody else who wants one",
  setting: "single",
  unit: "sessions",
  count: 1500,
  short: 1100,
  async run(target, _random, tally) {
    const sessions = await openMany(target, tally, tally.left);
    const newcomer = await AttackerSession.open({ url: target.gateway, from: newcomersAddress, tally });
    await newcomer?.read(5000);
    if (!newcomer?.isOpen) tally.note("somebody else got no session while one address held all it could get");
    newcomer?.leave();
    for (const session of sessions) {
      if (session.isOpen) tally.answered();
      else tally.refused();
      session.leave();
    }
  },
};

export const manyClicks: Attack = {
  name: "many-clicks",
  title: "hundreds of sessions of one address that click without a pause",
  setting: "single",
  unit: "clicks",
  count: 6000,
  short: 300,
  async run(target, random, tally) {
    const { gateway, from, imageId } = target;
    const most = Math.min(300, tally.left);
    await inParallel(most, tally, async () => {
      let answered = () => {};
      const onFrame = (frame: { case?: string | undefined }) => {
        if (frame.case === "segment" || frame.case === "image") answered();
      };
      const session = await AttackerSession.open({ url: gateway, from, form: "text", tally, onFrame });
      if (!session) {
        tally.try();
        return void (await new Promise((resolve) => setTimeout(resolve, 200)));
      }
      const next = () =>
        Promise.race([
          session.closed,
          new Promise<void>((resolve) => {
            answered = resolve;
          }),
          new Promise((resolve) => setTimeout(resolve, tally.msLeft)),
        ]);
      session.send(JSON.stringify({ openImage: { imageId } }));
      await next();
      for (let sequence = 1; sequence <= 50 && session.isOpen && tally.goesOn; sequence++) {
        const points = Array.from({ length: 1 + random.below(5) }, () => ({
          x: random.below(640),
          y: random.below(480),
        }));
        tally.try();
        session.send(JSON.stringify({ segment: { sequence, prompt: { points } } }));
        await next();
        tally.answered();
      }
      session.leave();
    });
  },
};

export const manyEverything: Attack = {
  name: "many-everything",
  title: "64 requests for everything in a picture at once, a grid of 16,384 points",
  setting: "single",
  unit: "requests",
  count: 128,
  short: 24,
  async run({ gateway, from, imageId }, _random, tally) {
    const ask = (who: string, pointsPerSide: number, waitMs: number) => {
      const body = JSON.stringify({ imageId, mode: "EVERYTHING_MODE_EXHAUSTIVE", pointsPerSide });
      return exchange(gateway, who, post("/v1/everything", body), { lingerMs: waitMs, pauseMs: waitMs });
    };
    await inParallel(64, tally, async () => {
      tally.try();
      // A grid of that size is at work for minutes: whoever asked for it hangs up when the attack is over.
      tellHttp(await ask(from, 128, tally.msLeft), tally);
    });
    // What they held is free again: somebody else gets the whole of a small one.
    const { statuses, text } = await ask(newcomersAddress, 2, tally.patienceMs(20_000));
    if (statuses[0] !== 200 || !text.includes('{"done":')) {
      tally.note(`after they had hung up somebody else was answered ${statuses[0]}: ${text.slice(-200)}`);
    }
  },
};

export const manyUploads: Attack = {
  name: "many-uploads",
  title: "64 uploads at once of one address, each a picture of its own",
  setting: "single",
  unit: "uploads",
  count: 400,
  short: 64,
  async run({ gateway, from }, _random, tally) {
    const picture = await jpegScene(320, 240, 77);
    let seed = 0;
    await inParallel(64, tally, async () => {
      tally.try();
      // A comment before the end makes it another picture to everybody.
      const own = Buffer.concat([picture.subarray(0, 2), comment(`picture ${seed++}`), picture.subarray(2)]);
      tellHttp(await exchange(gateway, from, post("/v1/images", own), { lingerMs: tally.patienceMs(60_000) }), tally);
    });
  },
};

/** A JPEG segment that says nothing (COM). */
function comment(text: string): Buffer {
  const head = Buffer.from([0xff, 0xfe, 0, 0]);
  head.writeUInt16BE(text.length + 2, 2);
  return Buffer.concat([head, Buffer.from(text)]);
}
