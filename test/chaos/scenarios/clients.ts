import { setTimeout as sleep } from "node:timers/promises";
import { MaskFormat } from "../../../proto/index.js";
import { metric } from "../../support/start-maskwire.js";
import type { Picture } from "../album.js";
import { RawSession } from "../raw-session.js";
import type { Scenario } from "../scenario.js";
import type { Stage } from "../stage.js";

/** Far more bytes of answers than the gateway keeps for one reader and the kernel between them, if most are refused too. */
const mostUnread = 2000;
const floodClicks = 300;
const timesTooFast = 10;
const noHint = "a click was refused without a hint when to try again";

export const slowReader: Scenario = {
  name: "slow-reader",
  title: "a session that reads nothing while its answers grow; it comes back and gets what it had not read",
  async disturb(stage) {
    const [url] = stage.cluster.gateways as [string];
    const [picture] = stage.album as [Picture];
    await using session = await RawSession.open(url, picture, stage);
    const sessions = () =>
      metric(stage.cluster.process(stage.cluster.names("gateway")[0] ?? "").adminUrl, "maskwire_sessions");
    const before = await sessions();
    stage.fault();
    session.pause();
    const clicks = new Map<number, number>();
    for (let sequence = 1; sequence <= mostUnread; sequence++) {
      clicks.set(sequence, stage.ledger.made(performance.now(), true));
      session.click(sequence, [MaskFormat.PNG, MaskFormat.LOW_RES_LOGITS]);
      if ((await sessions()) < before) break;
      // As fast as they can be answered: refused ones would not grow.
      await sleep(1000 / stage.clicksPerSecond);
    }
    if (!session.isOpen) stage.problems.push("the slow reader noticed its end without reading");
    session.resume();
    const answered = await readRest(stage, session, clicks);
    const { code } = await session.closed;
    // 1006 where the closing frame was behind more bytes than the gateway waits for.
    if (code !== 4409 && code !== 1006) stage.problems.push(`the slow reader was closed with ${code}`);
    stage.notes.push(`cut off with ${code} after ${clicks.size} clicks, of which ${answered} answers had arrived`);
    await using again = await RawSession.open(url, picture, stage);
    for (const [sequence, click] of clicks) {
      stage.ledger.resent(click);
      await insist(again, sequence, stage, clicks);
    }
  },
};

/** Clicks until it is answered: a busy cluster may refuse a click, and says when to try again. */
async function insist(session: RawSession, sequence: number, stage: Stage, clicks: Map<number, number>): Promise<void> {
  for (;;) {
    session.click(sequence);
    const refusal = await answerOf(session, stage, clicks);
    if (!refusal) return;
    if (refusal.retryAfterMs === undefined) {
      stage.problems.push(noHint);
      return;
    }
    await sleep(refusal.retryAfterMs);
  }
}

async function readRest(stage: Stage, session: RawSession, clicks: Map<number, number>): Promise<number> {
  const all = clicks.size;
  try {
    for (;;) await answerOf(session, stage, clicks);
  } catch {
    // Closed.
  }
  return all - clicks.size;
}

/** Takes the click of the next answer out of those that wait, when it was a mask. */
async function answerOf(session: RawSession, { ledger }: Stage, clicks: Map<number, number>) {
  const { sequence, outcome } = await session.next();
  const click = clicks.get(sequence);
  if (click === undefined) return undefined;
  if (outcome.case !== "result") {
    ledger.refused(click);
    return { sequence, retryAfterMs: outcome.value?.retryAfterMs };
  }
  clicks.delete(sequence);
  ledger.ended(click, "answered", performance.now());
  return undefined;
}

export const flood: Scenario = {
  name: "flood",
  title: "a session that clicks ten times faster than the decoders answer, and heeds the retry hints",
  async disturb(stage) {
    const [url] = stage.cluster.gateways as [string];
    const [picture] = stage.album as [Picture];
    await using session = await RawSession.open(url, picture, stage);
    const clicks = new Map<number, number>();
    const again: Promise<void>[] = [];
    let sent = 0;
    // However fast this machine is at the moment: ten more for each that is answered.
    const more = () => {
      for (let i = 0; i < timesTooFast && sent < floodClicks; i++) session.click(++sent);
    };
    stage.fault();
    for (let sequence = 1; sequence <= floodClicks; sequence++) {
      clicks.set(sequence, stage.ledger.made(performance.now(), true));
    }
    more();
    while (clicks.size > 0) {
      const refusal = await answerOf(session, stage, clicks);
      if (!refusal) {
        more();
        continue;
      }
      const { sequence, retryAfterMs } = refusal;
      if (retryAfterMs === undefined) {
        stage.problems.push(noHint);
        return;
      }
      again.push(sleep(retryAfterMs).then(() => (session.isOpen ? session.click(sequence) : undefined)));
    }
    await Promise.all(again);
    const { retried } = stage.ledger.figures();
    if (retried === 0) stage.problems.push("nothing was refused: the flood was none");
    stage.notes.push(`${floodClicks} of the clicks were the flood's`);
  },
};
