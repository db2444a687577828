/** A picture that comes with the page. */
export interface Sample {
  readonly name: string;
  readonly title: string;
  readonly url: string;
  readonly thumbnailUrl: string;
}

/** `off`: this page is not saved, because the browser does not let it or nothing fits. */
export type SaveStatus = "changed" | "saved" | "off";

/** What objects can be taken home as. */
export const formats = ["cutout", "mask", "svg", "polygon", "coco", "sa1b", "rle", "bundle"] as const;
export type Format = (typeof formats)[number];

interface TakeAway {
  readonly format: Format;
  /** Files are being made. */
  readonly isBusy: boolean;
  /** It lies on the clipboard, since a moment ago. */
  readonly isCopied: boolean;
}

export type PageEvent =
  | { readonly kind: "samples-listed"; readonly samples: readonly Sample[] }
  | { readonly kind: "saving-changed"; readonly status: SaveStatus }
  | { readonly kind: "format-chosen"; readonly format: Format }
  | { readonly kind: "taking"; readonly isBusy: boolean }
  | { readonly kind: "copied"; readonly isCopied: boolean };

/** What there is beside pictures and the work on them. */
export interface Page {
  readonly samples: readonly Sample[];
  readonly saving: SaveStatus;
  readonly takeAway: TakeAway;
}

export const firstPage: Page = {
  samples: [],
  saving: "saved",
  takeAway: { format: "cutout", isBusy: false, isCopied: false },
};

export function changePage(page: Page, event: PageEvent): Page {
  switch (event.kind) {
    case "samples-listed":
      return { ...page, samples: event.samples };
    case "saving-changed":
      return { ...page, saving: event.status };
    case "format-chosen":
      return { ...page, takeAway: { ...page.takeAway, format: event.format } };
    case "taking":
      return { ...page, takeAway: { ...page.takeAway, isBusy: event.isBusy } };
    case "copied":
      return { ...page, takeAway: { ...page.takeAway, isCopied: event.isCopied } };
  }
}
