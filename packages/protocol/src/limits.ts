/** Every bound of the protocol with its reason. Sizes in bytes, times in milliseconds of monotonic time. */

/** Two of these fit a gossipsub RPC with room to spare, and a circuit carries a reply and its request. */
export const FRAME_MAX = 64 * 1024
/** A long page of text; anything larger is a file. */
export const CHAT_MAX = 16 * 1024
/** An action's name, and those it is for by name; more than these are everybody. */
export const ACTION_NAME_MAX = 32
export const ACTION_TARGETS_MAX = 64
/** A chunk of a file with what belongs to it, in a frame that a circuit carries. */
export const ACTION_MAX = 40 * 1024
/** A file goes in pieces of this, each sealed by itself; an action carries one. */
export const FILE_CHUNK = 32 * 1024
/** All slots of a table as large as there can be, and heads. */
export const HEARTBEAT_MAX = 16 * 1024
/** UTF-8 bytes of a display name, and of a reason for an exclusion. */
export const NAME_MAX = 64
export const REASON_MAX = 256
/** A room's name is typed by people. */
export const ROOM_NAME_MAX = 128
/** Moderators stand in every invite, which is shown as a link. */
export const MODERATORS_MAX = 8
/** Votes of a quorum, and seconds of silence: what their fields hold. */
export const QUORUM_MAX = 255
export const SILENCE_MAX = 0xffff_ffff

/** A join storm makes as many heads as introducers; an operation that names 64 is 2 KiB. */
export const PARENTS_MAX = 64
/** Heads listed in a heartbeat; beyond, a digest over all of them tells that something is missing. */
export const HEARTBEAT_HEADS_MAX = 16
/** Members that beat: all up to this many, beyond it these and the key holders, so that a room's idle traffic has a bound. */
export const BEATERS_MAX = 50
/** Beats of one heartbeat's time: where more members beat, each does so less often. Everybody has to read them all. */
export const BEATS_MAX = 16
/** Members that each member asks its shell to connect to: a graph of degree 8 stays connected, and so many are chosen by as many. */
export const NEIGHBOURS_MAX = 8
/** Members of unknown presence that are asked in a round: whoever beats has been asked by then. */
export const UNKNOWN_ASKED_MAX = 4
/** Admissions that one change may end. */
export const TARGETS_MAX = 64
/** Members, or whole subtrees, that leave a key tree at once, and nodes whose keys that can change: all of as many paths. */
export const TREE_LEAVES_MAX = 1_024
export const TREE_NODES_MAX = 0xffff
/** Some 1,000 members that leave one of a million at once make 1 MB. */
export const TREE_MESSAGE_MAX = 16 * 1024 * 1024
/** How far a key of a tree is put through the one-way function to meet a reference; beyond it a member asks for its path. */
export const TREE_SKIP_MAX = 65_536
/** The same in a room, where a manager is one member of many: more joins than that without a leave are rare (SPEC V7). */
export const ROOM_TREE_SKIP_MAX = 1_024
/** The keys of 49 nodes, the most there can be between a leaf and the root. */
export const TREE_PATH_MAX = 4 * 1024
/** Messages of a tree that its manager repeats to who missed them; who missed more gets its path. */
export const TREE_REPEATS_MAX = 64
export const TREE_REPEATS_BYTES_MAX = 1024 * 1024
/** Wraps in one change: the cover of 1,000 members needs about 15, so this is generous. */
export const WRAPS_MAX = 256
/** Wraps under keys of a tree in one change: with all else that it may hold they fit an operation. */
export const TREE_WRAPS_MAX = 128
/** An operation never needs more: 64 parents, 64 targets with leave signatures, 256 wraps. */
export const OPERATION_MAX = 24 * 1024
/** Operations whose parents are unknown yet. They are pulled, so losing one costs a round trip. */
export const ORPHANS_MAX = 256
/** The whole log. At 600 bytes an operation it is some 40 MB on disk, and nine times that in memory, which a browser just bears. */
export const LOG_MAX = 65_536
/** Its last places are for what follows from what has begun: votes on all targets of an exclusion, a generation, and the changes. */
export const LOG_RESERVE = 128
/** Rosters of earlier versions that are kept, each as large as the room: what is covered is asked about the latest few. */
export const ROSTERS_MAX = 16
/** Versions that relays are heard or waited for at one moment. Any member can name all there ever were. */
export const RELAYED_MAX = 16
/** Landmarks of a request: twice as many as a full log has doublings. */
export const LANDMARKS_MAX = 32
/** Pages with nothing new that are taken from one peer in a row: what two sides share and neither head shows. */
export const IDLE_PAGES_MAX = 64
/** Operations of a reply page, so that a page with key state stays below FRAME_MAX. */
export const PAGE_MAX = 40 * 1024

/** How far a revision is advanced to meet a frame: an outsider cannot make us hash more than this a frame. */
export const REVISION_SKIP_MAX = 256
export const REVISION_MAX = 0x7fff_ffff

/** Frames under references we do not know yet: how many, and for how long. Fifty words a second for as long as keys take. */
export const HELD_MAX = 256
export const HELD_MS = 60_000
/** Versions that everybody is asked for in a round: anybody can show us old frames under all there ever were. */
export const AWAITED_ASKED_MAX = 4
/** What the user said while no version covers our view. */
export const OUTBOX_MAX = 256
export const OUTBOX_BYTES_MAX = 1024 * 1024

/** Counters a sender may run ahead of its oldest frame that still counts. */
export const REPLAY_WINDOW = 1024
/** Content of a packet of a stream: what a frame holds beside header, sender and tag. */
export const PACKET_MAX = FRAME_MAX - 107
/** Packets of an interval, after which it is signed at once: three of them are 24 KiB of hashes. */
export const INTERVAL_PACKETS_MAX = 256
/** A packet is listed this often, so that two lists in a row may be lost. */
export const LISTED_INTERVALS = 3
export const LISTED_PACKETS_MAX = LISTED_INTERVALS * INTERVAL_PACKETS_MAX
/** Counters that a list tells of: its packets, and the lists between. No more than a replay window holds. */
export const LISTED_SPAN_MAX = REPLAY_WINDOW
/** Packets that wait for their list: two seconds of a fast stream a forwarder, and of all whom we have direct connections to. */
export const PENDING_PER_PEER_MAX = 1024
export const PENDING_MAX = 8 * PENDING_PER_PEER_MAX
/** Lists that are kept of a stream, for packets that come after them, and streams they are kept of: 5 MB at worst. */
export const LISTS_KEPT = 3
export const STREAMS_MAX = 32

/** Sessions of one sender: a restart or two, and a second tab. */
export const SESSIONS_PER_SENDER_MAX = 4
/** Requests answered are remembered, so that a replayed one costs nothing. */
export const SEEN_REQUESTS_MAX = 1024
/** Peers outside the roster that we remember hearing in the lobby. */
export const LOBBY_PEERS_MAX = 256
/** Requests of ours under way at once. */
export const REQUESTS_MAX = 4
/** Newcomers waiting for our backoff to end, or for a human's word. */
export const KNOCKS_MAX = 64
/** How often a peer is denied until it is out for the room's life: once may be a mistake. */
export const DENIALS_MAX = 2

/** Other lineages of our room that we tried in vain, and versions that we know to be of others: honest rooms have few. */
export const RIVALS_MAX = 16

/** Addresses in a lobby heartbeat. */
export const ADDRESSES_MAX = 4
export const ADDRESS_LENGTH_MAX = 256
export const RELAYS_MAX = 3

/** Tokens a second and burst of what one peer's messages may cost us in signature checks. */
export const RATE_PER_SECOND = 200
export const RATE_BURST = 1_000

/** Slots of one ID: a position of one bit for each bit of a digest. */
export const ROW_MAX = 256
/** Key changes that a stand-alone manager repeats; who missed more asks it again. */
export const FLAT_REPEATS_MAX = 16
/** Notices that a participant of such a group holds until it has those before them. */
export const FLAT_WAITING_MAX = 16
/** Assigned IDs that are tried until one is found that has an untainted slot. */
export const FLAT_TRIES_MAX = 4096
