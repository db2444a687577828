import type { TestProject } from "vitest/node";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { serveBrowser } from "./chromium.js";

/** One Maskwire with the real model in a process of its own, for all files that only ask it for answers. */
export interface SharedMaskwire {
  readonly url: string;
}

declare module "vitest" {
  interface ProvidedContext {
    maskwire: SharedMaskwire;
    /** Where the one browser is joined. */
    browser: string;
  }
}

/**
 * A global set-up of the browser suite: the model is loaded once, each picture that several files show encoded once, and a
 * browser started once.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [maskwire, browser] = await Promise.all([startShared(), serveBrowser()]);
  project.provide("maskwire", { url: maskwire.url });
  project.provide("browser", browser.wsEndpoint());
  return async () => {
    await browser.close();
    await maskwire[Symbol.asyncDispose]();
  };
}

function startShared(): Promise<MaskwireProcess> {
  return MaskwireProcess.start({
    MASKWIRE_LOG_LEVEL: "error",
    // The page offers all that it has: pictures by their URL too.
    MASKWIRE_PICTURE_HOSTS: "127.0.0.1",
    // Many pages ask it at once, and none of them is about being refused.
    MASKWIRE_OVERLOAD_DELAY_MS: "10000",
  });
}
