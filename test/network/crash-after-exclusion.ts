/** Loaded into a peer's process by a test: kills it, as a power cut would, when it has announced an exclusion once. */
import { Member, type Output } from '@conclave/protocol'

const exclude = Member.prototype.exclude

Member.prototype.exclude = function (peers, reason, at): Output[] {
  // The announcement leaves the process, also of a busy machine; it is never repeated, which would be after a second.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 600)
  return exclude.call(this, peers, reason, at)
}
