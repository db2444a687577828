import { setTimeout as sleep } from "node:timers/promises";
import { imageIdOf } from "../../../services/runtime/image-id.js";
import { drawScene, fromRaw } from "../../support/pictures.js";
import type { Attack } from "../attack.js";
import { exchange, post } from "../wire/raw-http.js";
import { AttackerSession } from "../wire/session.js";

/** Answers as large as they get: every mask in every form, of a large picture. */
export const unreadAnswers: Attack = {
  name: "unread-answers",
  title: "dozens of sessions that ask for masks as PNG of a large picture and never read them",
  setting: "roles",
  unit: "clicks",
  count: 1600,
  short: 60,
  async run({ gateway, from }, random, tally) {
    const noisy = drawScene(2000, 1500, 4);
    const picture = await fromRaw(noisy).jpeg().toBuffer();
    await exchange(gateway, from, post("/v1/images", picture), { lingerMs: tally.patienceMs(20_000) });
    const open = JSON.stringify({ openImage: { imageId: imageIdOf(picture) } });
    const sessions: AttackerSession[] = [];
    tally.begin();
    const clicksEach = 8;
    while (tally.goesOn && sessions.length < 200) {
      const session = await AttackerSession.open({ url: gateway, from, form: "text", tally });
      if (!session) break;
      sessions.push(session);
      session.send(open);
      await session.read();
      session.pause();
      for (let sequence = 1; sequence <= clicksEach; sequence++) {
        const points = [{ x: random.below(2000), y: random.below(1500) }];
        const formats = ["MASK_FORMAT_PNG", "MASK_FORMAT_LOW_RES_LOGITS"];
        session.send(JSON.stringify({ segment: { sequence, multimask: true, formats, prompt: { points } } }));
        tally.try();
      }
    }
    await sleep(Math.min(tally.msLeft, 60 * tally.counts.tried));
    for (const session of sessions) {
      if (session.isOpen) tally.answered();
      else tally.refused();
      session.leave();
    }
  },
};
