/** Waits for a condition rather than for luck. */
const STEP_MS = 50

/** Resolves to the first value that is neither false nor undefined; rejects when there is none within `ms`. */
export async function until<T>(
  look: () => T | false | undefined | Promise<T | false | undefined>,
  { ms = 20_000, what }: { ms?: number; what: string },
): Promise<T> {
  const end = performance.now() + ms
  for (;;) {
    const value = await look()
    if (value !== false && value !== undefined) return value
    if (performance.now() > end) throw new Error(`${what}: not within ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, STEP_MS))
  }
}
