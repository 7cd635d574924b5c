import { defineConfig } from 'vitest/config';

/** They put fakes in the place of the SDK's clients, for as long as their process lives. */
const withFakeClients = 'tests/adapters/**/*.test.ts';

export default defineConfig({
  test: {
    // Deployments are packaged once for the whole run; every test file reads the same cached artefacts.
    testTimeout: 60_000,
    pool: 'forks',
    // One process is left out otherwise, for a watch mode that nobody uses.
    maxWorkers: '100%',
    projects: [
      { extends: true, test: { name: 'with fake clients', include: [withFakeClients] } },
      // One process for file after file, which so are loaded and compiled once: a quarter of the time.
      {
        extends: true,
        test: { name: 'the others', include: ['tests/**/*.test.ts'], exclude: [withFakeClients], isolate: false },
      },
    ],
  },
});
