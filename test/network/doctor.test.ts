/** `conclave doctor` on a relay that works, and on one that is not there. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CliProcess } from '../../scripts/cli-process.ts'
import { Conference } from '../support/conference.ts'
import { until } from '../support/until.ts'

let conference: Conference

beforeEach(async () => {
  conference = await Conference.start()
})

afterEach(async () => {
  await conference.stop()
})

async function diagnose(relay: string): Promise<string[]> {
  const doctor = new CliProcess(['doctor', '--relay', relay])
  await until(() => doctor.hasEnded, { ms: 40_000, what: 'the doctor is done' })
  return doctor.seen('check').map(({ name, ok }) => `${String(name)} ${String(ok)}`)
}

test('everything is well with a relay that works', async () => {
  const checks = await diagnose(conference.relayAddress)
  expect(checks).toEqual(['node true', 'relay true', 'room true', 'message true', 'direct true'])
})

test('a relay that is not there is the first thing that fails, and the last that is tried', async () => {
  conference.relay.signal('SIGKILL')
  await until(() => conference.relay.hasEnded, { what: 'the relay dies' })
  expect(await diagnose(conference.relayAddress)).toEqual(['node true', 'relay false'])
})
