/** The closure is the judge of everything else here, so it is judged first: it finds leaks that were planted. */
import { expect, test } from 'vitest'
import { Archive } from './archive.ts'
import { Coalition } from './attacker.ts'
import { Secrecy } from './secrecy.ts'
import { type SimPeer, World } from './world.ts'

const OPTIONS = { revisionBatchMs: 500 }

/** Five members, of whom two are excluded, one after the other; then something is said. */
function afterTwoExclusions(): { world: World; archive: Archive; peers: SimPeer[]; gone: SimPeer[] } {
  const world = new World(7)
  const archive = new Archive(world)
  const peers = Array.from({ length: 5 }, (_, i) => world.peer(`p${i}`))
  for (const [i, peer] of peers.entries()) {
    peer.start(i === 0 ? { kind: 'found' } : { kind: 'join' })
    world.until(() => peer.state.status === 'joined', 10_000, `${peer.label} joins`)
  }
  world.run(10_000)
  const [a, , , x, y] = peers as [SimPeer, SimPeer, SimPeer, SimPeer, SimPeer]
  a.exclude([x])
  world.run(5_000)
  a.exclude([y])
  world.run(5_000)
  a.say('secret')
  return { world, archive, peers, gone: [x, y] }
}

function lastChat(archive: Archive): Archive['sent'][number] {
  const chat = archive.sent.findLast(({ about }) => about === 'chat')
  if (chat === undefined) throw new Error('nobody said anything')
  return chat
}

test('without help the excluded read nothing, and whoever is a member reads everything', () => {
  const { archive, peers, gone } = afterTwoExclusions()
  expect(new Secrecy(archive, OPTIONS).leaks()).toEqual([])
  const chat = lastChat(archive)
  expect(
    new Coalition(
      archive,
      gone.map(({ id }) => id),
    ).reads(chat.frame),
  ).toBe(false)
  for (const peer of peers.slice(0, 3)) expect(new Coalition(archive, [peer.id]).reads(chat.frame)).toBe(true)
})

test('each of the excluded reads what was sent while it was a member', () => {
  const { archive, gone } = afterTwoExclusions()
  for (const { id } of gone) {
    const own = archive.sent.filter(({ by }) => by.id === id)
    expect(own.length).toBeGreaterThan(0)
    expect(own.every(({ frame }) => new Coalition(archive, [id]).reads(frame))).toBe(true)
  }
})

test('a TEK of an earlier revision in the wrong hands is a leak', () => {
  const { archive, gone, peers } = afterTwoExclusions()
  const { version } = lastChat(archive).frame.reference
  const [keys] = peers[0]?.member.unsafeInsideForTests.keys.filter((held) => held.version === version) ?? []
  if (keys === undefined || gone[0] === undefined) throw new Error('no keys')
  const { revision, tek } = keys
  archive.learn(gone[0].id, { version, revision, tek, chain: new Uint8Array(32), slots: [] })
  expect(new Secrecy(archive, OPTIONS).leaks().some(({ what }) => what.includes('p3 alone'))).toBe(true)
})

test('one KEK that belongs to somebody else opens all that follows', () => {
  const { archive, gone, peers } = afterTwoExclusions()
  const [x] = gone
  const first = [...archive.operations.values()].find(({ operation }) => operation.body.kind === 'founding')
  const changes = [...archive.operations.values()].map(({ operation }) => operation.body)
  const last = changes.findLast((body) => body.kind === 'change')
  const root = first?.operation.id
  const held = root && peers[0] && archive.haulOf(peers[0].id).get(root)
  const slot = last?.kind === 'change' ? last.wraps[0]?.slot : undefined
  const kek = slot === undefined ? undefined : held?.keks.get(slot)?.[0]
  if (!x || !root || !held?.chain || slot === undefined || kek === undefined) throw new Error('no such key')
  const before = new Coalition(
    archive,
    gone.map(({ id }) => id),
  )
  expect(before.reads(lastChat(archive).frame)).toBe(false)
  const tek = new Uint8Array(32)
  archive.learn(x.id, {
    version: root,
    revision: 0,
    tek,
    chain: held.chain,
    slots: [{ slot, kek, creator: root }],
  })
  // With y, who knows the first change's secret, it moves that KEK on twice and unwraps the second change.
  expect(
    new Coalition(
      archive,
      gone.map(({ id }) => id),
    ).reads(lastChat(archive).frame),
  ).toBe(true)
  expect(new Secrecy(archive, OPTIONS).leaks().some(({ what }) => what.includes('chat of p0'))).toBe(true)
})

test('what is sent before its sender begins a generation is no leak to a thief, and what comes after it is', () => {
  const { archive, peers, world } = afterTwoExclusions()
  const [a] = peers
  if (!a) throw new Error('nobody is there')
  archive.steal(a)
  const { bytes, about } = heartbeatBeforeRefresh(world, a)
  expect(new Secrecy(archive, OPTIONS).leaks()).toEqual([])
  world.onStep(a, [{ kind: 'broadcast', channel: 'room', bytes, about }])
  expect(new Secrecy(archive, OPTIONS).leaks().map(({ what }) => what)).toEqual([
    expect.stringMatching(/^heartbeat of p0 .* is read by thief 0 alone$/),
  ])
})

/** Both are due when somebody wakes, so that one step brings them. Returns the heartbeat's frame. */
function heartbeatBeforeRefresh(world: World, peer: SimPeer): { bytes: Uint8Array; about: 'heartbeat' } {
  peer.sleep()
  world.run(8_000)
  const outputs = peer.member.decide({ kind: 'refresh' }, world.step())
  world.onStep(peer, outputs)
  const heartbeat = outputs.findIndex(
    (output) => output.kind === 'broadcast' && output.channel === 'room' && output.about === 'heartbeat',
  )
  const output = outputs[heartbeat]
  expect(outputs.slice(heartbeat).some(({ kind }) => kind === 'store')).toBe(true)
  if (output?.kind !== 'broadcast') throw new Error('no heartbeat')
  return { bytes: output.bytes, about: 'heartbeat' }
}
