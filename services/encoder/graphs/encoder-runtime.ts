import type { Provider } from "../../inference/models/providers.js";
import type { EncoderInterface } from "../rewrite/pass.js";

/** How an encoder's graphs are run. */
export interface EncoderRuntime {
  providers: Provider[];
  threads: number;
}

/** What the thread that makes them is given. */
export interface EncoderMaking extends EncoderRuntime {
  stockPath: string;
  encoder: EncoderInterface;
}
