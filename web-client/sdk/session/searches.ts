import {
  ErrorCode,
  type SegmentEverythingEvent,
  type SegmentEverythingRequest,
  type Error as WireError,
} from "../../../proto/index.js";
import { MaskwireError, toldError } from "../maskwire-error.js";
import { withResolvers } from "./pending.js";

/** What is to be found: Meta's names and defaults, and more (`SegmentEverythingRequest`). */
export type SearchTerms = Partial<
  Omit<SegmentEverythingRequest, "$typeName" | "$unknown" | "imageId" | "model" | "grounding">
>;

/** What everything mode says, one thing after the other. `done` is the last. */
export type Finding = Exclude<SegmentEverythingEvent["event"], { case: undefined }>;

/** A search of everything mode, and who reads what it finds. */
export class Search {
  readonly terms: SearchTerms;
  /** It has been sent on this connection. */
  isUnderWay = false;
  #findings: Finding[] = [];
  #end: { readonly reason: unknown } | undefined;
  #more = withResolvers<void>();

  constructor(terms: SearchTerms) {
    this.terms = terms;
  }

  /** Begins anew: nothing of what was found holds. */
  restart(): void {
    this.isUnderWay = false;
    this.#findings = [];
  }

  say(finding: Finding): void {
    this.#findings.push(finding);
    this.#more.resolve();
  }

  /** @param reason what it failed with; undefined for its proper end. */
  end(reason: unknown): void {
    this.#end ??= { reason };
    this.#more.resolve();
  }

  /** What is found from here on. @throws what it ends with. */
  async *read(): AsyncGenerator<Finding, void, undefined> {
    for (;;) {
      for (const finding of this.#findings.splice(0)) yield finding;
      if (this.#findings.length > 0) continue;
      if (this.#end !== undefined) {
        if (this.#end.reason !== undefined) throw this.#end.reason;
        return;
      }
      this.#more = withResolvers<void>();
      await this.#more.promise;
    }
  }
}

/** The gateway works on one search of a session at a time: the next begins when it has ended the one before. */
export class Searches {
  #line: readonly Search[] = [];

  /** What is to be sent, once the picture is ready. */
  next(): Search | undefined {
    const [first] = this.#line;
    return first?.isUnderWay ? undefined : first;
  }

  add(search: Search): void {
    this.#line = [...this.#line, search];
  }

  /** Whoever read it reads no more. @returns whether the gateway is to be told. */
  leave(search: Search): boolean {
    if (search.isUnderWay && this.#line[0] === search) return true;
    this.#line = this.#line.filter((one) => one !== search);
    return false;
  }

  hear({ event }: SegmentEverythingEvent): void {
    const [search] = this.#line;
    if (search === undefined || event.case === undefined) return;
    search.say(event);
    if (event.case === "done") this.#end(search, undefined);
  }

  /** @returns whether nobody has the picture any more: then it is begun again once it is there. */
  hearFailure(error: WireError): boolean {
    const [search] = this.#line;
    if (search === undefined) return false;
    if (error.code === ErrorCode.NOT_FOUND) {
      search.restart();
      return true;
    }
    this.#end(search, toldError(error));
    return false;
  }

  /** A new connection knows nothing of the search of the one before. */
  lose(): void {
    const [search] = this.#line;
    if (!search?.isUnderWay) return;
    const message = "The connection was lost before everything was found. Begin again.";
    this.#end(search, new MaskwireError(ErrorCode.UNAVAILABLE, message));
  }

  fail(reason: unknown): void {
    for (const search of this.#line) search.end(reason);
    this.#line = [];
  }

  #end(search: Search, reason: unknown): void {
    this.#line = this.#line.filter((one) => one !== search);
    search.end(reason);
  }
}
