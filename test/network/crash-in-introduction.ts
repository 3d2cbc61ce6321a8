/**
 * Loaded into a peer's process by a test: kills it, as a power cut would, when it has announced an admission and before
 * the newcomer gets its keys.
 */
import { Member, type Output } from '@conclave/protocol'

const tick = Member.prototype.tick
const handle = Member.prototype.handle

Member.prototype.tick = function (at): Output[] {
  return cut(tick.call(this, at))
}
Member.prototype.handle = function (screened, at): Output[] {
  return cut(handle.call(this, screened, at))
}

function cut(outputs: Output[]): Output[] {
  const announced = outputs.findIndex(
    (output) => output.kind === 'broadcast' && output.about === 'operations',
  )
  const reply = outputs.findIndex((output) => output.kind === 'send' && output.about === 'reply')
  if (announced < 0 || reply < announced) return outputs
  // The announcement leaves the process; nothing else does.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 100)
  return outputs.slice(0, reply)
}
