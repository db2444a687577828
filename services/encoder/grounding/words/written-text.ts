/** What of somebody's words is written in the picture. */
export interface WrittenPhrase {
  readonly written: string;
  /** What it stands on, as they say it: "the bus that says 24HR". */
  readonly on: string;
}

const open = "\uE000";
const close = "\uE001";
const quoted = /["“”„«「『]([^"“”„«»「」『』]+)["“”»」』]/gu;
const kept = /\uE000(\d+)\uE001/u;

/** Somebody's words with what stands in quotes put aside, so that nothing in there is a part of their sentence. */
export function putQuotesAside(text: string): { rest: string; quotes: string[] } {
  const quotes: string[] = [];
  const rest = text
    .replace(/[\uE000\uE001]/gu, "")
    .replace(quoted, (all, inside: string) =>
      inside.trim() === "" ? all : ` ${open}${quotes.push(inside) - 1}${close} `,
    );
  return { rest, quotes };
}

/** After these what is written follows, in quotes or without. */
const says =
  /(?:^|\s)(?:(?:that|which)\s+(?:says?|reads?)|says|saying|with\s+the\s+(?:text|words?|letters?|name)|labell?ed)\s+(?=\S)/u;
const chineseSays = /(?:上面|上)?(?:写着|寫著|写有|寫有|标着|標著|印着|印著)/u;
/** Around what is in quotes, and says nothing of what it stands on. */
const around =
  /(?:^|\s)(?:that|which|says?|saying|reads?|reading|with|the|text|words?|letters?|name|labell?ed|written|is|on|it)(?=\s|$)|字样|字樣|文字|上面|这几个字|這幾個字|写着|寫著|写有|寫有|标着|標著|印着|印著|的/gu;

/**
 * What one phrase says is written: what stands in quotes, or behind "that says", "saying", "with the text" or 写着.
 * @returns undefined where nothing is.
 */
export function readWritten(phrase: string, quotes: readonly string[]): WrittenPhrase | undefined {
  const quote = kept.exec(phrase);
  if (quote) {
    const on = phrase.replace(quote[0], " ").replace(around, " ").replace(around, " ").replace(/\s+/gu, " ").trim();
    return { written: quotes[Number(quote[1])] ?? "", on };
  }
  const english = says.exec(phrase);
  if (english) {
    return {
      written: phrase.slice(english.index + english[0].length).trim(),
      on: phrase.slice(0, english.index).trim(),
    };
  }
  const chinese = chineseSays.exec(phrase);
  if (!chinese) return undefined;
  const [before, after] = [
    phrase.slice(0, chinese.index).trim(),
    phrase.slice(chinese.index + chinese[0].length).trim(),
  ];
  const last = after.lastIndexOf("的");
  const isBehind = before === "" && last > 0 && last < after.length - 1;
  const parts = isBehind
    ? { written: after.slice(0, last), on: after.slice(last + 1) }
    : { written: after, on: before.replace(/的$/u, "") };
  return parts.written === "" ? undefined : parts;
}
