import { defineConfig } from "vitest/config";

// The API the dev server forwards to; in production the API itself serves the built files.
const api = "http://127.0.0.1:8080";

export default defineConfig({
  // Relative addresses, so that a reverse proxy may serve the dashboard under any path.
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../clinician_api/static",
    emptyOutDir: true,
    // Content-Security-Policy allows no data: addresses, so nothing is inlined.
    assetsInlineLimit: 0,
    target: "es2022",
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": api, "/ws": { target: api, ws: true } } },
  preview: { proxy: { "/api": api, "/ws": { target: api, ws: true } } },
  test: { environment: "happy-dom", include: ["tests/**/*.test.{ts,tsx}"] },
});
