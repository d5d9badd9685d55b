/**
 * Builds the dashboard into dist/dashboard, and serves it for development with the API of a running `understudy start`.
 *   npm run build:dashboard
 *   npm run dashboard
 */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const ADMIN = process.env.UNDERSTUDY_ADMIN_URL ?? 'http://127.0.0.1:4001';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: '../dist/dashboard',
    emptyOutDir: true,
    chunkSizeWarningLimit: 1000,
    license: { fileName: 'licences.md' },
  },
  server: {
    port: 5173,
    proxy: {
      '/api': {
        target: ADMIN,
        // The API answers its own page alone: to it, this is one.
        changeOrigin: true,
        headers: { origin: new URL(ADMIN).origin },
      },
    },
  },
});
