import { excerptOf, type Row, SearchIndex } from "./search-index.js";

/** A pause in typing after which is looked. */
const settleMs = 80;

/** The search in the bar: its index is a file of the site, fetched with the first letter, and looked through on this device. */
export function startSearch(): void {
  const box = document.querySelector<HTMLElement>("#search");
  const input = document.querySelector<HTMLInputElement>("#query");
  const found = document.querySelector<HTMLElement>("#found");
  const list = document.querySelector<HTMLElement>("#found-list");
  const count = document.querySelector<HTMLElement>("#found-count");
  if (!box || !input || !found || !list || !count) return;
  box.hidden = false;
  let index: Promise<SearchIndex> | undefined;
  const load = () => {
    index ??= fetchIndex(box.dataset.index ?? "").catch((error: unknown) => {
      index = undefined;
      throw error;
    });
    return index;
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looks = 0;
  const close = () => {
    clearTimeout(timer);
    looks++;
    found.hidden = true;
  };
  const look = async () => {
    const query = input.value.trim();
    if (query === "") return close();
    const own = ++looks;
    try {
      const rows = (await load()).find(query);
      // Somebody has typed on meanwhile, or wants none of it any more.
      if (own !== looks) return;
      count.textContent = rows.length === 0 ? `Nothing has "${query}".` : `${rows.length} found`;
      list.replaceChildren(...rows.map((row) => itemOf(row, query)));
    } catch {
      if (own !== looks) return;
      count.textContent = "The index could not be fetched. Try again when the network is back.";
      list.replaceChildren();
    }
    found.hidden = false;
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, settleMs);
  });
  input.addEventListener("focus", () => {
    load().catch(() => {});
    if (input.value.trim() !== "") look();
  });
  const links = () => [...list.querySelectorAll("a")];
  box.addEventListener("keydown", (event) => {
    const all = links();
    const place = all.indexOf(document.activeElement as HTMLAnchorElement);
    if (event.key === "Escape") {
      input.focus();
      // What the focus has begun to look for is of no interest any more.
      close();
    } else if (event.key === "ArrowDown") all[Math.min(place + 1, all.length - 1)]?.focus();
    else if (event.key === "ArrowUp") (place <= 0 ? input : all[place - 1])?.focus();
    else if (event.key === "Enter" && place < 0) all[0]?.click();
    else return;
    event.preventDefault();
  });
  box.addEventListener("focusout", ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node && box.contains(relatedTarget))) close();
  });
  list.addEventListener("click", close);
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement;
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
  });
}

async function fetchIndex(href: string): Promise<SearchIndex> {
  const reply = await fetch(href);
  if (!reply.ok) throw new Error(`${href}: ${reply.status}`);
  return SearchIndex.of((await reply.json()) as Row[]);
}

function itemOf({ href, page, heading, text }: Row, query: string): HTMLElement {
  const [item, link, title, excerpt] = ["li", "a", "strong", "span"].map((name) => document.createElement(name));
  title?.append(heading === "" ? page : `${page} › ${heading}`);
  excerpt?.append(excerptOf(text, query));
  link?.setAttribute("href", href);
  link?.append(title ?? "", excerpt ?? "");
  item?.append(link ?? "");
  return item as HTMLElement;
}
