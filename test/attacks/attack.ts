import type { Random } from "../simulation/random.js";
import type { Tally } from "./tally.js";

/** Every tier in one process, or the roles in processes of their own over a Redis. */
export type Setting = "single" | "roles";

/** What an attacker knows: where everything listens, and the pictures that are there. */
export interface Target {
  /** Base URLs; in one process the three are the same. */
  readonly gateway: string;
  readonly encoder: string;
  readonly decoder: string;
  /** Where `/metrics` and the probes are, by the same names. */
  readonly redis: string | undefined;
  /** A picture that is encoded, for requests that shall get far. */
  readonly imageId: string;
  /** The good client's. */
  readonly othersImageId: string;
  /** The attacker's own address of the loopback: somebody else than the good client. */
  readonly from: string;
  readonly seed: number;
}

/** Something that a stranger does. A new one is a file in `list/` and a row in its index. */
export interface Attack {
  readonly name: string;
  /** One line for a person. */
  readonly title: string;
  readonly setting: Setting;
  /** What is counted. */
  readonly unit: string;
  /** How many are tried by `npm run attack`. */
  readonly count: number;
  /** How many are tried in the short form; 0: it is not part of that. */
  readonly short: number;
  /** Settings of the stage that this attack needs beside the usual ones, for all processes: it gets a stage of its own. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it asks for is opened with the first question, and stays open: some of it is played before it counts, in the short form too. */
  readonly opensMore?: true;
  /** Its stage asks who is calling, and the good client has a key. */
  readonly asksForKeys?: true;
  /** So many its processes may have open, in place of what the system gives. */
  readonly descriptors?: number;
  /** Its stage speaks TLS on its one port. */
  readonly isEncrypted?: true;
  /** `address:port` of the name server that its stage asks, in place of the machine's. */
  readonly nameServer?: string;
  /** Runs until `tally.goesOn` says that it is enough. What is wrong with an answer is told to the tally. */
  run(target: Target, random: Random, tally: Tally): Promise<void>;
}
