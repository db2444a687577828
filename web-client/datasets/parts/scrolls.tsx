import type { ComponentChildren } from "preact";

interface ScrollsProps {
  readonly name: string;
  readonly isCard?: boolean;
  readonly children: ComponentChildren;
}

/** A table that may be wider than a phone: it scrolls by itself, by keys too. */
export function Scrolls({ name, isCard = false, children }: ScrollsProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without the focus no key could scroll it.
    <section class={isCard ? "scrolls card" : "scrolls"} tabIndex={0} aria-label={name}>
      {children}
    </section>
  );
}
