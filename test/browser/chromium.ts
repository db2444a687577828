import { type Browser, chromium } from "playwright-core";

/** What does not come within it hangs: a page and the whole service share a machine that may be busy otherwise. */
export const longestMs = 120_000;

/**
 * Features of the browser's own windows. Every window fetches and compiles hundreds of its own scripts for its address bar,
 * which takes longer than our page does, and nobody sees it.
 */
const ownPages = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "PreloadTopChromeWebUI"];

/** Only the last such list counts: what Playwright leaves out on Linux stands here again. */
const asPlaywright = [
  "AimEnabled",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsFirstBalancedModeAutoEnable",
  "HttpsUpgrades",
  "LensOverlay",
  "MediaRouter",
  "NetworkTimeServiceQuerying",
  "OptimizationHints",
  "PaintHolding",
  "PreconnectToSearch",
  "ThirdPartyStoragePartitioning",
];

/** The system's Chromium, with nothing that reaches out by itself. @param more switches of its command line. */
export function openBrowser(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    timeout: longestMs,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--disable-features=${[...asPlaywright, ...ownPages].join(",")}`,
      ...more,
    ],
  });
}
