import type { Provider } from "../../inference/models/providers.js";
import { isRemote, type RemoteProvider } from "../remote/model-address.js";
import type { EncoderInterface } from "../rewrite/pass.js";

/** How an encoder's graphs are run on this machine. */
export interface EncoderRuntime {
  providers: Provider[];
  threads: number;
}

/** A provider of this machine, or a model at a server. */
export type EncoderProvider = Provider | RemoteProvider;

/** How encoders are run, here or elsewhere. */
export interface EncoderWays {
  /** In order of preference. */
  readonly providers: readonly EncoderProvider[];
  /** Of a run on this machine's processor. */
  readonly threads: number;
  /** Pictures that are under way at a server at once, and the longest that one of them may take. */
  readonly calls: { readonly atOnce: number; readonly callMs: number };
}

/** What of it is for this machine. Where all is elsewhere its processor still makes what servers are held against. */
export function runtimeHere({ providers, threads }: Pick<EncoderWays, "providers" | "threads">): EncoderRuntime {
  const here = providers.filter((one): one is Provider => !isRemote(one));
  return { providers: here.length > 0 ? here : ["cpu"], threads };
}

/** What the thread that encodes the probe is given. */
export interface ProbeMaking {
  readonly stockPath: string;
  readonly threads: number;
  readonly input: string;
  readonly output: string;
  readonly dims: readonly number[];
  readonly frame: { readonly width: number; readonly height: number };
}

/** What the thread that makes them is given. */
export interface EncoderMaking extends EncoderRuntime {
  stockPath: string;
  encoder: EncoderInterface;
}
