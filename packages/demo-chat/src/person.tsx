/** How a peer is shown everywhere: a disc, a harmless name, and the safety tag that tells namesakes apart. */
import { harmlessName, initial, safetyTag, tintOf } from './text.ts'
import { t } from './words/language.ts'

const TINTS = 8

export function Disc({ peer, name, online }: { peer: string; name: string; online?: boolean }) {
  const presence = online === undefined ? '' : online ? ' disc-online' : ' disc-offline'
  return (
    <span class={`disc tint-${tintOf(peer, TINTS)}${presence}`} aria-hidden="true">
      {initial(name)}
    </span>
  )
}

export function PersonName({ peer, name }: { peer: string; name: string }) {
  return (
    <span class="person">
      <bdi class="person-name">{nameShown(name)}</bdi>
      <Tag peer={peer} />
    </span>
  )
}

/** A name as it may be shown. */
export function nameShown(name: string): string {
  return harmlessName(name, t.name.unnamed)
}

export function Tag({ peer }: { peer: string }) {
  return (
    <code class="tag" title={peer}>
      {safetyTag(peer)}
    </code>
  )
}
