import { defineConfig } from 'vite';

// `npm run dev` shows the page beside a running server: TROODON_URL, else the usual address.
const server = process.env.TROODON_URL ?? 'http://127.0.0.1:8471';

// The server takes changes from its own page only: the proxy speaks as that.
const proxy = { target: server, changeOrigin: true, headers: { origin: server } };

export default defineConfig({
  base: './', // works below a proxy's folder, too
  build: {
    outDir: process.env.TROODON_WEB_OUT ?? 'dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // one policy for all: 'self'
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/v1': proxy, '/openapi.json': proxy, '/metrics': proxy } },
});
