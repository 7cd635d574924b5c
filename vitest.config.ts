import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Deployments are packaged once for the whole run; every test file reads the same cached artefacts.
    testTimeout: 60_000,
    pool: 'forks',
  },
});
