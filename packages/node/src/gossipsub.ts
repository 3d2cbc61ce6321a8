/**
 * The one place that imports gossipsub. `@chainsafe/libp2p-gossipsub` stops at libp2p 2; `@libp2p/gossipsub` is the same
 * code for libp2p 3. Going back means changing the first import.
 */
import { StrictNoSign, TopicValidatorResult, gossipsub } from '@libp2p/gossipsub'
import { sha256 } from '@noble/hashes/sha2.js'
import {
  FRAME_BYTES_MAX,
  GOSSIP_BUFFER_BYTES_MAX,
  GOSSIP_DECODE_LIMITS,
  GOSSIP_RPC_BYTES_MAX,
  GOSSIP_TOPIC_BYTES_MAX,
} from './limits.ts'
import type { GossipSub, GossipSubComponents, GossipsubOpts, Message } from '@libp2p/gossipsub'

export { TopicValidatorResult, gossipsub }
export type { GossipSub, GossipsubOpts, Message }

/** Reporting is public in the class but missing from gossipsub's interface type. */
export interface ReportingGossipSub extends GossipSub {
  reportMessageValidationResult(id: string, source: string, verdict: TopicValidatorResult): void
}

/**
 * Which topics a node takes messages of. gossipsub's own `allowedTopics` is copied when the node is made and also drops
 * the *subscriptions* of neighbours, so a room joined later would never learn who is in it already. This set grows and
 * shrinks, and concerns messages alone; subscriptions are bounded by `maxTopicBytesPerPeer`.
 */
export type TopicFilter = (topic: string) => boolean

/** Gossipsub for a member. `isJoined` says which topics messages are taken of; all others are dropped unread. */
export function memberGossipsub(
  isJoined: TopicFilter,
): (components: GossipSubComponents) => ReportingGossipSub {
  const make = gossipsub({
    ...commonOptions(isJoined),
    // The shell judges a message when it has verified it, without holding up what comes behind it.
    asyncValidation: true,
    // Groups are small, and each mesh link repeats every message: degree 3 carried twice as much as 6. Own messages
    // go to all neighbours, so that the bridge hears them even when it is not in the mesh.
    D: 3,
    Dlo: 2,
    Dhi: 4,
    Dout: 1,
    Dscore: 1,
    floodPublish: true,
    // A member alone in its room publishes too.
    allowPublishToZeroTopicPeers: true,
  })
  return (components) => {
    const pubsub = make(components)
    if (!canReport(pubsub)) throw new Error('this gossipsub cannot be told what a validation found')
    return pubsub
  }
}

function canReport(pubsub: GossipSub): pubsub is ReportingGossipSub {
  return 'reportMessageValidationResult' in pubsub
}

/** What members and the relay's bridge agree on. */
export function commonOptions(isTaken: TopicFilter): Partial<GossipsubOpts> {
  return {
    // Messages are signed inside their encryption; a signature outside would tell an observer who speaks.
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: messageId,
    fallbackToFloodsub: false,
    doPX: false,
    emitSelf: false,
    // One RPC and one message after the other, so that a neighbour's flood waits in its own stream.
    awaitRpcHandler: true,
    awaitRpcMessageHandler: true,
    maxInboundDataLength: GOSSIP_RPC_BYTES_MAX,
    maxOutboundBufferSize: GOSSIP_BUFFER_BYTES_MAX,
    maxTopicBytesPerPeer: GOSSIP_TOPIC_BYTES_MAX,
    decodeRpcLimits: { ...GOSSIP_DECODE_LIMITS },
    // WebRTC neighbours all carry the relay's address, which the colocation score would count as one attacker.
    scoreParams: { IPColocationFactorWeight: 0 },
    dataTransform: {
      inboundTransform: (topic, data) => {
        if (data.length > FRAME_BYTES_MAX || !isTaken(topic)) throw new Error('not taken')
        return data
      },
      outboundTransform: (_topic, data) => data,
    },
  }
}

/** SHA-256 over topic and content, so that one message sent to lobby and room is two. */
export function messageId(message: Message): Uint8Array {
  const topic = new TextEncoder().encode(message.topic)
  return sha256.create().update(Uint8Array.of(topic.length)).update(topic).update(message.data).digest()
}
