import { byService, type Decoding } from "../sdk/session/prompt-way.js";
import { isFrugal } from "./preference.js";
import { Router } from "./router.js";
import { WorkerDecoder } from "./worker-decoder.js";

/*
 * `@maskwire/client/decode`: what the page of Maskwire does on slow networks, for other programs in browsers. Its worker is a file beside
 * this one, and ONNX Runtime the program's own (`onnxruntime-web`).
 */

/** How a program decodes by itself. */
interface DecodingOptions {
  /**
   * `"automatic"`, also when left out: where the way to the service takes 50 ms and more, and then by the faster of both. `"here"`: as soon as
   * the decoder has been fetched (20 MB and more) and agrees with the service. `"server"`: never.
   */
  readonly preference?: "automatic" | "here" | "server";
  /** Told why it is not decoded here: the service answers all the same. */
  readonly onFailure?: (why: string) => void;
}

/**
 * Has a client decode prompts in the browser where that is faster. What is decoded here agrees with the service, which is asked for the
 * same first; whatever fails here the service answers. Each open picture has a decoder of its own, in a worker.
 *
 *     const client = new MaskwireClient({ gateway, decoding: browserDecoding() });
 */
export function browserDecoding({ preference = "automatic", onFailure }: DecodingOptions = {}): Decoding {
  // Elsewhere a page can neither check what it runs nor use threads.
  if (!isSecureContext) return byService;
  return ({ gateway, send, dispatch }) => {
    let told: string | undefined;
    const router: Router = new Router({
      openDecoder: (onEvent) =>
        new WorkerDecoder({
          openWorker: () =>
            new Worker(new URL(/* @vite-ignore */ "./decode-worker.js", import.meta.url), { type: "module" }),
          service: gateway.at(""),
          bearer: () => gateway.headers().authorization?.replace(/^Bearer /, ""),
          onEvent,
        }),
      preference,
      isFrugal: isFrugal(),
      send,
      dispatch: (event) => {
        if (event.kind !== "decoding-moved") dispatch(event);
      },
      changed: () => {
        const { decoder } = router.routing;
        const why = decoder.kind === "failed" ? decoder.why : undefined;
        if (why !== undefined && why !== told) onFailure?.(why);
        told = why;
      },
    });
    return router;
  };
}
