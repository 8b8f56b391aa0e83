import { defineConfig } from "vite";

// The page of `./run bench charts`, which says where it goes: `--outDir`.
export default defineConfig({
  root: "bench",
  base: "./",
  publicDir: false,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: "es2022", emptyOutDir: true, rolldownOptions: { input: "bench/charts.html" } },
});
