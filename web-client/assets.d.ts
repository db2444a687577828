/** The address of a file that Vite puts beside the page. */
declare module "*?url" {
  const address: string;
  // biome-ignore lint/style/noDefaultExport: Vite's form.
  export default address;
}

/** Styles that Vite puts beside the page. */
declare module "*.css";
