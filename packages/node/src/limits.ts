/**
 * Every bound of a peer's networking, with its reason. The bounds of the group protocol are in `@conclave/protocol`,
 * those of the circuit relay in `relay/limits.ts`.
 */

/** Bytes of one frame of the group protocol; four WebRTC messages of 16 KiB. */
export const FRAME_BYTES_MAX = 64 * 1024

/** Relays that a room is met at. */
export const RELAYS_MAX = 3

/** Relays a node keeps dialled: its own, and those of a room that it comes into, where it may never have been. */
export const NODE_RELAYS_MAX = 2 * RELAYS_MAX

/** Direct connections a room asks for: gossip over a graph of degree 8 stays connected, and each costs 2 MB. */
export const DIRECT_PEERS_MAX = 8

/** Concurrent streams of our protocol a peer may have open on one connection; an honest peer needs one. */
export const STREAMS_PER_PEER_MAX = 4

/** Longest time one step of a stream may take: opening, completing a frame, draining a full buffer. */
export const STREAM_STEP_MS = 10_000

/** Unsent bytes for one peer beyond the data channel's own buffer; a peer slower than that is cut and pulls later. */
export const SEND_BUFFER_BYTES_MAX = 1024 * 1024

/** Bytes in the data channel's own buffer; its default of 2 MiB would hide a slow peer for seconds. */
export const CHANNEL_BUFFER_BYTES_MAX = 256 * 1024

/** Messages of one room that may be in judgement at once; each holds up to one frame. */
export const JUDGEMENTS_MAX = 256

/** After this a message that is still in judgement counts as ignored: gossipsub would not forward it any more. */
export const JUDGEMENT_MS_MAX = 3_000

/** How long we wait to be let into the room that ours is to be merged into, and between two looks. */
export const MOVE_MS_MAX = 30_000
export const MOVE_RETRY_MS = 100

/**
 * Between two steps of a move: time for the first to be told twice before others rely on it, and for us to hear that the room where we
 * want to go on goes on elsewhere itself.
 */
export const MOVE_TOLD_MS = 2_000

/** How long we stay in a room that went on elsewhere, to tell those who have not heard. */
export const MOVE_LINGER_MS = 60_000

/** Rooms one node joins at once; each is two gossip topics. */
export const ROOMS_MAX = 64

/** Addresses that one member's announcement may make us dial. */
export const ANNOUNCED_ADDRESSES_MAX = 4

/** Characters of one announced address; a circuit address with two peer ids has about 180. */
export const ANNOUNCED_ADDRESS_CHARS_MAX = 512

/** Direct dials of one node at once: a burst of WebRTC handshakes loses packets to itself, and retries take seconds. */
export const DIRECT_DIALS_MAX = 4

/** How long a peer must be without a direct connection before that is told. */
export const TRANSPORT_SETTLE_MS = 500

/** One dial of a direct connection; a blocked WebRTC dial fails after 6 s by itself. */
export const DIRECT_DIAL_MS = 10_000

/** How long the peer with the higher id leaves the first dial to the other one. A dial takes 0.1 s, at times 1.1 s. */
export const SECOND_DIALLER_DELAY_MS = 3_000

/** Backoff of direct dials to one peer: doubles from the first to the second, with a jitter of half. */
export const DIRECT_BACKOFF_MS = { first: 2_000, most: 60_000 } as const

/**
 * Longest message that goes through a relay's circuit. Two do not fit one circuit, so that what is lost when a circuit
 * ends is one message; longer ones wait for WebRTC or take gossip.
 */
export const CIRCUIT_MESSAGE_BYTES_MAX = 60 * 1024

/** What a circuit was seen to carry, in both directions together, before the relay reset it. */
export const CIRCUIT_BYTES = 122_880

/** Left free on every circuit: libp2p reuses an open one for the signalling of a WebRTC connection, which takes 10 KB. */
export const CIRCUIT_SIGNALLING_BYTES = 16 * 1024

/** What framing, multiplexing and encryption add to a message, generously. */
export const CIRCUIT_OVERHEAD_BYTES = 1024

/** A relay ends a circuit after 120 s; what is sent until here has time to arrive. */
export const CIRCUIT_MS_MAX = 100_000

/**
 * How long a message waits for a circuit before gossip takes it; on a slow mobile network a dial takes a second. In steps,
 * some for each message of the handshakes: gossip would be all the more for a busy machine to read.
 */
export const CIRCUIT_OPEN = { ms: 1_500, steps: 15 } as const

/** A circuit that carried nothing for this long is closed: each is a stream of both peers and two of the relay's. */
export const CIRCUIT_IDLE_MS = 5_000

/** As above, for a circuit that is not needed any more: what was sent last gets this long to arrive. */
export const CIRCUIT_GRACE_MS = 1_000

/** How often circuits are looked at, while there are any. */
export const CIRCUIT_SWEEP_MS = 500

/** Circuits one node opens at once; with the dialler's own they stay below the 32 that a relay grants a client. */
export const CIRCUITS_MAX = 16

/** Circuit dials of one node at once: a join makes it send to the whole room. */
export const CIRCUIT_DIALS_MAX = 4

/**
 * What one member may put into the lobby for single peers that it has no way to: all carry it. Four of the longest frames, since
 * a newcomer to a small room without circuits fetches its log like that; then one every two seconds, as often as such a request is repeated.
 */
export const LOBBY_DETOUR = { burstBytes: 4 * FRAME_BYTES_MAX, bytesPerSecond: 32 * 1024 } as const

/** After a circuit was refused the peer's messages take gossip at once for this long; a newcomer's slot comes soon. */
export const CIRCUIT_BACKOFF_MS = { first: 2_000, most: 60_000 } as const

/** Peers whose refusal is remembered; beyond, the oldest is asked again. */
export const CIRCUIT_REFUSALS_MAX = 256

/** How often every direct connection is tried; somebody who was killed is noticed after this and the wait for an answer. */
export const PING_MS = 10_000

/**
 * How long an answer may take: usually, on a slow network or a busy machine; and from a peer that says it has started
 * anew, and most likely will never answer on a connection from before.
 */
export const PONG_MS = { usual: 5_000, doubted: 1_000 } as const

/** How long a message for a doubted peer waits for that answer, before it takes another way. */
export const DOUBT_MS = 250

/** The wait for an answer is made of so many, and in a process that slept only one of them ends early. */
export const PONG_STEPS = 4

/** How often we look whether we slept, and what counts as sleep: no busy machine leaves a timer alone for so long. */
export const SLEEP_CHECK_MS = 1_000
export const SLEEP_MS_MIN = 5_000

/** Backoff of dials to one relay; the ceiling is low because without a relay there is no room. */
export const RELAY_BACKOFF_MS = { first: 500, most: 4_000 } as const

/** One dial of a relay. */
export const RELAY_DIAL_MS = 8_000

/** How often a connected relay that has given us no reservation yet is asked again. */
export const RESERVATION_RETRY_MS = 3_000

/** Connections of a peer: six relays, eight direct ones a room and as many inbound, and circuits for signalling. */
export const CONNECTIONS_MAX = 150

/** New connections a second from one relay: every dial is a circuit and a WebRTC connection, and a room may dial at once. */
export const INBOUND_PER_SECOND_MAX = 64

/** Connections from others that are still being set up, each for ten seconds at most. */
export const INBOUND_PENDING_MAX = 32

/** Bytes of one gossipsub RPC. An answer to IWANT carries many frames, and gossipsub drops a peer whose RPC is longer. */
export const GOSSIP_RPC_BYTES_MAX = 4 * 1024 * 1024

/** Unsent gossip for one peer; gossipsub has no backpressure, so what is over is refused. */
export const GOSSIP_BUFFER_BYTES_MAX = 4 * 1024 * 1024

/**
 * Bytes that may be under way on one stream of a multiplexed connection. Its default of 16 MiB would hide a slow relay
 * until all of it is lost; at 100 ms there and back these carry 2.5 MB a second.
 */
export const STREAM_WINDOW_BYTES_MAX = 256 * 1024

/** Unsent gossip for one neighbour from which on chat waits in the room's queue, where control overtakes it. */
export const CONGESTED_BYTES = 64 * 1024

/** How often a congested line is looked at, and how long one message waits for it: the others are not held up for long. */
export const CONGESTION_LOOK_MS = 10
export const CONGESTION_MS_MAX = 1_000

/** Control, and chat, that a room may have in its queue: a line that takes 1 Mbit/s needs half a minute for so much. */
export const UNSENT_MAX = { outputs: 4_096, bytes: 4 * 1024 * 1024 } as const

/**
 * Topics one neighbour may be subscribed to: a busy relay bridges 4,096 and names them all when we connect. A neighbour's
 * topics beyond are unknown to us, and what we say there would not reach it.
 */
export const NEIGHBOUR_TOPICS_MAX = 5_000

/** What that may take in gossipsub's books, which count 1 KiB and the name's length for each topic. */
export const GOSSIP_TOPIC_BYTES_MAX = NEIGHBOUR_TOPICS_MAX * 1_200

/** Entries of one decoded gossipsub RPC. */
export const GOSSIP_DECODE_LIMITS = {
  maxSubscriptions: NEIGHBOUR_TOPICS_MAX,
  maxMessages: 256,
  maxIhaveMessageIDs: 2_000,
  maxIwantMessageIDs: 2_000,
  maxIdontwantMessageIDs: 512,
  maxControlMessages: 256,
  maxPeerInfos: 16,
} as const

/**
 * Signature checks that may wait or run at once, in all and for one peer. A check takes 0.1 ms. All that a room has in
 * judgement may come by one neighbour, the bridge or whoever was not read for a while; what finds no place here is lost.
 */
export const VERIFICATIONS_MAX = { all: 1_024, peer: JUDGEMENTS_MAX + 64 } as const

/** Remembered outcomes of signature checks; 32 bytes of hash each, and the log is re-sent often. */
export const VERIFICATION_CACHE_MAX = 4_096

/** Claims of one message that are checked at a time: below what the verifier takes from one peer. */
export const SCREENED_CLAIMS_A_BATCH = 64

/** How long a frame that waits for a key keeps gossipsub waiting for a verdict. */
export const HELD_VERDICT_MS = 2_500

/** How long, and of how many frames that wait for a key, it is told: a little more than they are kept. */
export const HELD_WORDS_MS = 62_000
export const HELD_WORDS_MAX = 64

/** Somebody who types is told to the others again after this, and is taken to have stopped when nothing came for the second. */
export const TYPING_MS = { again: 3_000, over: 7_000 } as const

/** Longest timer: beyond 24.8 days setTimeout fires at once, and a browser may have slept. */
export const TIMER_MS_MAX = 60_000

/** An invite lasts a week unless its maker says otherwise. */
export const DEFAULT_INVITE_SECONDS = 7 * 24 * 3_600

/** The longest that an invite may last, unless it is for good: its end has a place of 48 bits. */
export const INVITE_SECONDS_MAX = 100_000_000_000

/** A room that was destroyed stays reachable for this long, to tell those who have not heard. */
export const DESTROYED_LINGER_MS = 10_000

/** What was published last needs this long to leave the process. */
export const LEAVE_FLUSH_MS = 200

/** A knock that no neighbour was there to hear is repeated after this. */
export const UNHEARD_RETRY_MS = 250

/** How long a node's connections get to close in order. */
export const NODE_STOP_MS_MAX = 2_000

/** The longest file. Its parts are counted, so nothing grows with it but the time it takes. */
export const FILE_BYTES_MAX = 4 * 1024 * 1024 * 1024

/** The longest file that goes without a direct connection: a relay lets a client send this much at once. */
export const BRIDGED_FILE_BYTES_MAX = 1024 * 1024

/** How often a file may be given to one peer over the bridge, which all members and the relay carry. */
export const BRIDGED_REPEATS_MAX = 4

/** Chunks that answer one request over the bridge: two circuits carry them. */
export const BRIDGED_CHUNKS = 4

/** When chunks that did not come are asked for again: by then a circuit has failed and gossip has not brought them. */
export const BRIDGED_STALL_MS = 5_000

/** What a name in a file system may be long. */
export const FILE_NAME_BYTES_MAX = 255

/** Chunks of 32 KiB that a sender is ahead of what the receiver has: at 50 ms there and back 20 MB a second. */
export const FILE_WINDOW = 32

/** Chunks after which a receiver says how far it is. */
export const FILE_ACK_CHUNKS = 8

/** What a receiver holds of a stream at most: the sender's window, and what belongs to it. */
export const FILE_READ_AHEAD_BYTES_MAX = (FILE_WINDOW + 2) * 33 * 1024

/** One step of a transfer; a receiver on a slow line needs some seconds for a window. */
export const FILE_STALL_MS = 20_000

/** A transfer to which nothing came for this long is given up, connection or not. */
export const FILE_PATIENCE_MS = 120_000

/** How long a direct connection is wanted for a file, beyond those that the room wants. */
export const SEEK_MS = 60_000

/** How long a direct connection is waited for, in which a blocked dial has failed; and how often we look. */
export const DIRECT_WAIT_MS = 8_000
export const DIRECT_LOOK_MS = 100

/** Pause before a transfer that was cut goes on. */
export const FILE_RETRY_MS = 500

/** Offers of one member, and of all, that are remembered: more than a person looks at. */
export const OFFERS_MAX = { peer: 16, all: 256 } as const

/** Files of ours that stand to be fetched, each with an open file. */
export const SENT_FILES_MAX = 64

/** Files that we fetch at once, and deliveries of ours to one peer and to all. */
export const FETCHES_MAX = 8
export const DELIVERIES_MAX = { peer: 4, all: 16 } as const

/** How often progress is told. */
export const PROGRESS_MS = 250
