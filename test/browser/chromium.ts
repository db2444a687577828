import { type Browser, type BrowserServer, chromium } from "playwright-core";

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

const options = (more: readonly string[]) => ({
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

/** The system's Chromium, with nothing that reaches out by itself. @param more switches of its command line. */
export const openBrowser = (more: readonly string[] = []): Promise<Browser> => chromium.launch(options(more));

/** The same, for other processes to join at its `wsEndpoint`. */
export const serveBrowser = (): Promise<BrowserServer> => chromium.launchServer(options([]));

/** One that another process serves; what is opened in it ends with `close`, and it goes on. */
export const joinBrowser = (endpoint: string): Promise<Browser> => chromium.connect(endpoint, { timeout: longestMs });
