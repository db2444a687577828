import { defineConfig } from "vite";
// biome-ignore lint/style/noDefaultExport: Vite looks for the default export.
export default defineConfig({
  root: import.meta.dirname,
  build: { outDir: "../dist/site", emptyOutDir: true, target: "es2022" },
});
