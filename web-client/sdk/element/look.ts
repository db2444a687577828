/*
 * How it looks until the page says otherwise: by custom properties, and by `::part` of stage, image, mask, cursor and status.
 */
export const look = `
  :host { display: inline-block; position: relative; max-inline-size: 100%; }
  :host([hidden]) { display: none; }
  [part="stage"] { position: relative; cursor: crosshair; touch-action: manipulation; }
  [part="stage"]:focus-visible { outline: 3px solid var(--maskwire-focus, #1a73e8); outline-offset: 2px; }
  [part="image"] { display: block; inline-size: 100%; block-size: auto; user-select: none; -webkit-user-drag: none; }
  [part="mask"] {
    position: absolute; inset: 0; inline-size: 100%; block-size: 100%; pointer-events: none;
    opacity: var(--maskwire-opacity, 0.55);
    filter: drop-shadow(0 0 1px var(--maskwire-outline, #fff)) drop-shadow(0 0 1px var(--maskwire-outline, #fff));
  }
  [part="cursor"] {
    position: absolute; inline-size: 1.25rem; block-size: 1.25rem; translate: -50% -50%; pointer-events: none;
    border: 2px solid #fff; border-radius: 50%; box-shadow: 0 0 0 2px #000, inset 0 0 0 1px #000;
  }
  [part="cursor"][hidden] { display: none; }
  [part="status"] { margin: 0.25rem 0 0; font: 0.875rem/1.4 system-ui, sans-serif; min-block-size: 1.4em; }
`;
