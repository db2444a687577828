import { bareSteps } from "../bare-step.js";

/** A process that answers one prompt after another with a run of the decoder's graph in a thread, and does nothing else. */
const { runners } = await bareSteps(1, { threads: Number(process.argv[2]) });
const [runner] = runners;
process.on("message", async () => {
  await runner?.run();
  process.send?.("answer");
});
process.send?.("ready");
