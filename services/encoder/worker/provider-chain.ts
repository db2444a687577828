import { Code, ServiceError } from "../../runtime/errors.js";
import { isOperational, OperationalError } from "../../runtime/operational-error.js";
import { ProviderLostError } from "./provider-lost-error.js";

/** One of the providers that a model may run by. */
export interface Candidate<Loaded> {
  readonly name: string;
  /** It comes and goes by itself: looked for again and again. */
  readonly isRemote: boolean;
  /** @throws ProviderLostError when it is not there now; OperationalError saying why it can never be used as it is. */
  load(): Promise<Loaded>;
}

/** A model, loaded by one of them. */
interface Loaded {
  /** Of a remote one. @throws when it is not there any more, or is not what it was. */
  isThere?: () => Promise<void>;
  release(): Promise<void>;
}

interface ChainOptions {
  /** What is chosen has changed, or is being loaded. */
  readonly onChange: (isLoading: boolean) => void;
}

interface Chosen<One> {
  readonly at: number;
  readonly loaded: One;
}

/** Between two looks at remote providers: at those that are preferred to the chosen one, and at that one; longer each time that nothing changes. */
const lookMs = { first: 1_000, last: 10_000 };
/** What a person is told while no provider is there. */
const retryAfterMs = 1_000;

/**
 * A model by the first of its providers that is there. One that is lost, be it in the middle of a run, is left for the next one,
 * by which the same is run again; it is taken again once it is back.
 */
export class ProviderChain<One extends Loaded> {
  readonly #candidates: readonly Candidate<One>[];
  readonly #options: ChainOptions;
  /** Why those that are not chosen are not, by their places. */
  readonly #reasons = new Map<number, string>();
  /** Those of this machine that were loaded once and left for a better one. */
  readonly #kept = new Map<number, One>();
  #chosen: Chosen<One> | undefined;
  #moving: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  #isReleased = false;

  private constructor(candidates: readonly Candidate<One>[], options: ChainOptions) {
    this.#candidates = candidates;
    this.#options = options;
  }

  /**
   * With the first that is there; with none where a remote one may still come.
   * @throws OperationalError naming every provider and why it cannot be used.
   */
  static async start<One extends Loaded>(
    candidates: readonly Candidate<One>[],
    options: ChainOptions,
  ): Promise<ProviderChain<One>> {
    const chain = new ProviderChain(candidates, options);
    const isHope = await chain.#choose(0);
    if (!chain.#chosen && !isHope) {
      throw new OperationalError(`No execution provider can start. ${chain.skipped.join("; ")}`);
    }
    chain.#lookLater(lookMs.first);
    return chain;
  }

  /** Undefined while none is there. */
  get now(): One | undefined {
    return this.#chosen?.loaded;
  }

  /** Why those before the chosen one are not; all of them while there is none. */
  get skipped(): string[] {
    const before = this.#chosen?.at ?? this.#candidates.length;
    return [...this.#reasons].filter(([at]) => at < before).map(([at, why]) => `${this.#candidates[at]?.name}: ${why}`);
  }

  /** @throws ServiceError UNAVAILABLE while none is there; whatever `use` throws beside ProviderLostError. */
  async run<T>(use: (loaded: One) => Promise<T>): Promise<T> {
    for (;;) {
      while (this.#moving) await this.#moving;
      const chosen = this.#chosen;
      if (!chosen) throw this.#nobody();
      try {
        return await use(chosen.loaded);
      } catch (error) {
        if (!(error instanceof ProviderLostError)) throw error;
        await this.#leave(chosen, error);
      }
    }
  }

  async release(): Promise<void> {
    this.#isReleased = true;
    clearTimeout(this.#timer);
    await this.#moving?.catch(() => {});
    const all = [...this.#kept.values()];
    if (this.#chosen) all.push(this.#chosen.loaded);
    this.#chosen = undefined;
    this.#kept.clear();
    for (const one of all) await one.release();
  }

  /** The first that can be loaded, from a place on. @returns whether one that could not is to be looked for again. */
  async #choose(from: number): Promise<boolean> {
    let isHope = this.#candidates.slice(0, from).some(({ isRemote }) => isRemote);
    for (let at = from; at < this.#candidates.length; at++) {
      // A look has brought a better one meanwhile.
      if (this.#chosen) return true;
      const { isRemote } = this.#candidates[at]!;
      try {
        await this.#take(at);
        return true;
      } catch (error) {
        this.#reasons.set(at, reasonOf(error));
        isHope ||= isRemote && error instanceof ProviderLostError;
      }
    }
    return isHope;
  }

  async #take(at: number): Promise<void> {
    const kept = this.#kept.get(at);
    this.#kept.delete(at);
    const loaded = kept ?? (await this.#candidates[at]!.load());
    if (this.#isReleased) {
      await loaded.release();
      throw new ProviderLostError("the model is unloaded");
    }
    const before = this.#chosen;
    // While it was loaded, a look or a loss has brought one that is as good.
    if (before && before.at <= at) return this.#putAside({ at, loaded });
    this.#chosen = { at, loaded };
    this.#reasons.delete(at);
    if (before) this.#putAside(before);
  }

  /**
   * What runs on this machine is there when it is needed next, and takes as long to load as people would wait. What a server has
   * may be another model by then: it is proven again.
   */
  #putAside({ at, loaded }: Chosen<One>): void {
    if (this.#candidates[at]!.isRemote || this.#chosen?.at === at) void loaded.release().catch(() => {});
    else this.#kept.set(at, loaded);
  }

  /** All who ran by it when it was lost wait for the same next one. */
  async #leave(chosen: Chosen<One>, error: unknown): Promise<void> {
    while (this.#moving) await this.#moving;
    if (this.#chosen !== chosen) return;
    await this.#move(async () => {
      this.#reasons.set(chosen.at, reasonOf(error));
      this.#chosen = undefined;
      void chosen.loaded.release().catch(() => {});
      await this.#choose(chosen.at + 1);
    });
    this.#lookLater(lookMs.first);
  }

  #move(change: () => Promise<void>): Promise<void> {
    const { onChange } = this.#options;
    onChange(true);
    const moving = change().finally(() => {
      this.#moving = undefined;
      onChange(false);
    });
    this.#moving = moving;
    return moving;
  }

  #lookLater(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#isReleased || !this.#candidates.some(({ isRemote }) => isRemote)) return;
    this.#timer = setTimeout(() => {
      void this.#look().then((isOther) => this.#lookLater(isOther ? lookMs.first : Math.min(2 * ms, lookMs.last)));
    }, ms).unref();
  }

  /** @returns whether another one is chosen now. */
  async #look(): Promise<boolean> {
    // One that is loaded takes longer than the time to the next look, which begins anew with every loss.
    if (this.#moving || this.#isLooking) return true;
    this.#isLooking = true;
    try {
      return await this.#lookAround();
    } finally {
      this.#isLooking = false;
    }
  }

  async #lookAround(): Promise<boolean> {
    const before = this.#chosen;
    for (const [at, { isRemote }] of this.#candidates.entries()) {
      if (!isRemote || at >= (before?.at ?? this.#candidates.length)) continue;
      try {
        await this.#take(at);
        this.#options.onChange(false);
        return true;
      } catch (error) {
        this.#reasons.set(at, reasonOf(error));
      }
    }
    try {
      await before?.loaded.isThere?.();
      return false;
    } catch (error) {
      if (before) await this.#leave(before, error);
      return true;
    }
  }

  #nobody(): ServiceError {
    const message = "The server that runs the model cannot be reached at the moment; try again shortly.";
    return new ServiceError({
      code: Code.UNAVAILABLE,
      message,
      retryAfterMs,
      cause: new Error(this.skipped.join("; ")),
    });
  }
}

/** A sentence is one already; of anything else the log would have the stack. */
function reasonOf(error: unknown): string {
  if (isOperational(error)) return error.message;
  return error instanceof Error ? error.message : String(error);
}
