import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Most files are pure. The ones that start processes, sockets or browsers say so by their folder; they mostly wait, so two
    // run at a time, when nothing else runs: histories take all the processor there is.
    projects: [
      {
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: [
            'packages/{protocol,demo-chat}/test/**/*.test.ts',
            'test/*.test.ts',
            'test/scenarios/**/*.test.ts',
          ],
          testTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'simulation',
          sequence: { groupOrder: 0 },
          include: ['test/simulation/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'network',
          sequence: { groupOrder: 1 },
          include: [
            'packages/node/test/**/*.test.ts',
            'test/network/**/*.test.ts',
            'test/browser/**/*.test.ts',
            'test/examples/**/*.test.ts',
          ],
          testTimeout: 90_000,
          hookTimeout: 90_000,
          maxWorkers: 2,
        },
      },
    ],
  },
})
