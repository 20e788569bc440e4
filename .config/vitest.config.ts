import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    setupFiles: ['test/setup.ts'],
    // Two cores: more workers only make the tests with child processes wait for one another.
    maxWorkers: 2,
    // What waits for a condition fails by it alone: a machine that does ten other things is ten times as slow.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 10_000,
  },
})
