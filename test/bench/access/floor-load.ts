import sharp from "sharp";
import { jpegScene } from "../../support/pictures.js";
import { bareSteps } from "../bare-step.js";

/** What a bulk job makes a machine do, without a service around it. */
export type BareLoad = "runs of the decoder" | "pictures that are read";

/** A process that does one thing again and again on one core. */
const load = process.argv[2] as BareLoad;
const doOne = load === "runs of the decoder" ? await runs() : await pictures();
let isHeld = true;
let done = 0;
process.on("message", async (message: "begin" | "end") => {
  isHeld = message === "end";
  if (message === "end") process.send?.(done);
  else {
    for (done = 0; !isHeld; done++) {
      await doOne();
      // Messages arrive between two.
      await new Promise(setImmediate);
    }
  }
});
process.send?.("ready");

/** Everything mode is little else. */
async function runs(): Promise<() => Promise<unknown>> {
  const { runners } = await bareSteps(1);
  return async () => runners[0]?.run();
}

/** As an upload is read for the model. */
async function pictures(): Promise<() => Promise<unknown>> {
  sharp.concurrency(1);
  const file = await jpegScene(640, 480);
  return () => sharp(file).resize(1024, 768, { fit: "fill" }).raw().toBuffer();
}
