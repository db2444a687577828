import type { TestProject } from "vitest/node";
import { MaskwireProcess } from "../support/maskwire-process.js";
import { patience } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { serveBrowser } from "./chromium.js";

/** One Maskwire in a process of its own, for all files that only ask it for answers. */
export interface SharedMaskwire {
  readonly url: string;
}

declare module "vitest" {
  interface ProvidedContext {
    /** With the real model. */
    maskwire: SharedMaskwire;
    tinyMaskwire: SharedMaskwire;
    /** Where the one browser is joined. */
    browser: string;
  }
}

/**
 * A global set-up of the browser suite: each model is loaded once, each picture that several files show encoded once, and a
 * browser started once.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const starting = [startShared(), startShared(tinyModelEnv()), serveBrowser()] as const;
  const stop = async () => {
    const [maskwire, tiny, browser] = await Promise.allSettled(starting);
    for (const one of [maskwire, tiny]) if (one.status === "fulfilled") await one.value[Symbol.asyncDispose]();
    if (browser.status === "fulfilled") await browser.value.close();
  };
  try {
    const [maskwire, tiny, browser] = await Promise.all(starting);
    project.provide("maskwire", { url: maskwire.url });
    project.provide("tinyMaskwire", { url: tiny.url });
    project.provide("browser", browser.wsEndpoint());
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

function startShared(env: Record<string, string> = {}): Promise<MaskwireProcess> {
  return MaskwireProcess.start({
    ...env,
    MASKWIRE_LOG_LEVEL: "error",
    // The page offers all that it has: pictures by their URL too.
    MASKWIRE_PICTURE_HOSTS: "127.0.0.1",
    // Many pages ask it at once.
    ...patience,
  });
}
