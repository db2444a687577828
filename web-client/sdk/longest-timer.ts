/** A browser fires a timer of more milliseconds than this at once: about 24.8 days. */
export const longestTimerMs = 2 ** 31 - 1;
