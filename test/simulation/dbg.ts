import { History } from './history.ts'
import { Secrecy } from './secrecy.ts'
const seed = Number(process.argv[2])
const h = new History(seed, { trace: () => {} })
h.run()
const name = (id: string) => h.world.peers.find((p) => p.id === id)?.label
for (const [id, { operation: o, at }] of h.archive.operations) {
  const b = o.body as any
  console.log(Math.round(at), id.slice(0, 6), b.kind, name(o.author), b.keyParent ? 'kp ' + b.keyParent.slice(0, 6) + ' w' + b.wraps.length : '', b.targets ? 'x ' + b.targets.map((t: any) => name(t.peer) + (t.leave ? '(leave)' : '')).join() : '', b.peer ? '+' + name(b.peer) + ' @' + b.version?.slice(0, 6) + '.' + b.revision : '', '<', o.parents.map((p) => p.slice(0, 6)).join(), h.archive.crafted.has(id) ? 'CRAFTED' : '')
}
const s = new Secrecy(h.archive, { revisionBatchMs: 500 })
for (const { what, sent } of s.leaks()) console.log(what, 'heads', sent.heads.map((x) => x.slice(0, 6)).join(), 'alive', [...sent.alive].map(name).join())
