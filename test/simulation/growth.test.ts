/** DESIGN's table of operations: what does not grow with the room, and what grows with its logarithm at most. */
import { expect, test } from 'vitest'
import { costsAt, type Phase, sentFor } from './crowd.ts'

const [SMALL, LARGE] = [10, 55]
/** Covers and contributors are chosen by how many they reach: what they cost grows with the logarithm. */
const LOGARITHMIC = Math.log(LARGE) / Math.log(SMALL)

function phaseOf(phases: readonly Phase[], name: string): Phase {
  const phase = phases.find((one) => one.name === name)
  if (phase === undefined) throw new Error(`no ${name}`)
  return phase
}

function cost(phases: readonly Phase[], name: string): ReturnType<typeof sentFor> {
  return sentFor(phaseOf(phases, name))
}

test(`a room of ${LARGE} pays for an operation at most what a logarithm allows, of what one of ${SMALL} does`, () => {
  const [small, large] = [costsAt(SMALL), costsAt(LARGE)]
  for (const name of ['join', 'row of keys', 'exclusion']) {
    expect(cost(large, name).messages, name).toBeLessThanOrEqual(LOGARITHMIC * cost(small, name).messages + 4)
  }
  expect(cost(large, 'exclusion').bytes).toBeLessThan(LOGARITHMIC * cost(small, 'exclusion').bytes)
  expect(cost(large, 'message')).toEqual(cost(small, 'message'))
  const [few, many] = [phaseOf(small, 'exclusion'), phaseOf(large, 'exclusion')]
  expect(many.hashes).toBeLessThan(LOGARITHMIC * few.hashes)
})
