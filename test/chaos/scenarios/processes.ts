import type { Scenario } from "../scenario.js";
import type { Stage } from "../stage.js";

/** Clicks that wait at the moment of a fault, so that it always touches some. */
const waiting = 3;

export const decoderKilled: Scenario = {
  name: "decoder-killed",
  title: "kill -9 of one of three decoders",
  async disturb(stage) {
    await stage.busy(waiting);
    stage.fault();
    await stage.cluster.kill("decoder-1");
    await stage.answeredSinceFault(stage.people.length);
    await stage.cluster.restart("decoder-1");
  },
};

export const encoderKilled: Scenario = {
  name: "encoder-killed",
  title: "kill -9 of the encoder in the middle of an encode; another takes its place",
  async disturb(stage) {
    const { cluster } = stage;
    const newcomers = stage.people.slice(0, 3 * stage.fresh.length);
    await forgetFresh(stage);
    await stage.change(newcomers, stage.fresh);
    await Promise.race(newcomers.map((person) => person.until(({ picture }) => picture.kind === "encoding")));
    stage.fault();
    await cluster.kill("encoder");
    await cluster.restart("encoder");
    await stage.opened(newcomers);
  },
};

/** SIGSTOP leaves the connection standing: nothing but silence tells that nobody is there. */
export const decoderHangs: Scenario = {
  name: "decoder-hangs",
  title: "SIGSTOP of a decoder behind its live connections; it wakes when all others have taken over",
  async disturb(stage) {
    const hung = stage.cluster.process("decoder-2");
    await stage.busy(waiting);
    stage.fault();
    hung.signal("SIGSTOP");
    try {
      await stage.answeredSinceFault(3 * stage.people.length);
    } finally {
      hung.signal("SIGCONT");
    }
  },
};

export const partition: Scenario = {
  name: "partition",
  title: "nothing passes between the gateways and one decoder, in either direction",
  async disturb(stage) {
    const { link } = stage.cluster;
    stage.notes.push(`cut by ${link.kind}`);
    await stage.busy(waiting);
    stage.fault();
    link.cut();
    try {
      await stage.answeredSinceFault(3 * stage.people.length);
    } finally {
      link.mend();
    }
  },
};

/** So that the pictures that nobody has opened yet have to be encoded. */
export async function forgetFresh({ cluster, fresh }: Stage): Promise<void> {
  for (const { imageId } of fresh) await cluster.redis.remove(imageId);
}
