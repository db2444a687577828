const line = /^\[Parsed_showinfo_\d+ @ [^\]]+\] \[info\] n: *(\d+) .*?pts_time:(-?[\d.]+(?:e[+-]?\d+)?|NOPTS)/;

/** When frames are shown, as ffmpeg's filter `showinfo` says it in its log, and each of them once. */
export class FrameTimes {
  readonly #seconds: (number | undefined)[] = [];

  /** @returns whether the line was one of a frame. */
  read(text: string): boolean {
    const [, at, seconds] = line.exec(text) ?? [];
    if (at === undefined || seconds === undefined) return text.startsWith("[Parsed_showinfo_");
    if (Number(at) === this.#seconds.length) this.#seconds.push(seconds === "NOPTS" ? undefined : Number(seconds));
    return true;
  }

  /** In milliseconds from the first frame on. */
  get fromFirst(): readonly (number | undefined)[] {
    const [first] = this.#seconds;
    if (first === undefined) return this.#seconds.map(() => undefined);
    return this.#seconds.map((one) => (one === undefined ? undefined : Math.round((one - first) * 1e6) / 1e3));
  }
}
