/** How long to wait before something is sent again that did not arrive. @param tries 1 after the first. */
export const retryDelayMs = (tries: number) => Math.min(30_000, 1_000 * 2 ** (tries - 1));
