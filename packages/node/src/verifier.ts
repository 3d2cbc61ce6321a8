/** Checks signatures beside the protocol: bounded in flight, with remembered outcomes, and never throwing. */
import { sha256 } from '@noble/hashes/sha2.js'
import { verifyEd25519 } from './ed25519.ts'
import { VERIFICATIONS_MAX, VERIFICATION_CACHE_MAX } from './limits.ts'

/** "This public key signed this message", to be checked. */
export interface SignatureClaim {
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  /** 64 bytes. */
  readonly signature: Uint8Array
}

export interface VerifierInit {
  inFlight?: { all: number; peer: number }
  cacheEntries?: number
}

const PUBLIC_KEY_BYTES = 32
const SIGNATURE_BYTES = 64

export class Verifier {
  readonly #inFlightMax: { all: number; peer: number }
  readonly #cacheMax: number
  readonly #running = new Map<string, Promise<boolean>>()
  readonly #runningOf = new Map<string, number>()
  /** In the order of their last use, so that the first is the one to drop. */
  readonly #known = new Map<string, boolean>()

  constructor(init: VerifierInit = {}) {
    this.#inFlightMax = init.inFlight ?? VERIFICATIONS_MAX
    this.#cacheMax = init.cacheEntries ?? VERIFICATION_CACHE_MAX
  }

  /**
   * Whether every claim is true. `undefined` when too many checks are in flight, for `from` (the peer that brought the
   * claims) or in all: nothing was decided, so drop the message and let it come again. Never rejects.
   */
  async verifyAll(from: string, claims: readonly SignatureClaim[]): Promise<boolean | undefined> {
    const outcomes = await Promise.all(claims.map(async (claim) => await this.verify(from, claim)))
    if (outcomes.includes(false)) return false
    return outcomes.includes(undefined) ? undefined : true
  }

  /** Whether the claim is true; `undefined` when too many checks are in flight. Never rejects. */
  async verify(from: string, claim: SignatureClaim): Promise<boolean | undefined> {
    if (claim.publicKey.length !== PUBLIC_KEY_BYTES || claim.signature.length !== SIGNATURE_BYTES)
      return false
    const id = claimId(claim)
    const known = this.#known.get(id)
    if (known !== undefined) return this.#remember(id, known)
    const running = this.#running.get(id)
    if (running !== undefined) return await running
    const count = this.#runningOf.get(from) ?? 0
    if (this.#running.size >= this.#inFlightMax.all || count >= this.#inFlightMax.peer) return undefined
    this.#runningOf.set(from, count + 1)
    const outcome = this.#run(from, id, claim)
    this.#running.set(id, outcome)
    return await outcome
  }

  async #run(from: string, id: string, claim: SignatureClaim): Promise<boolean> {
    // A key that is no point on the curve makes engines throw; it has signed nothing.
    const outcome = await verifyEd25519(claim.publicKey, claim.message, claim.signature).catch(() => false)
    this.#running.delete(id)
    const left = (this.#runningOf.get(from) ?? 1) - 1
    if (left > 0) this.#runningOf.set(from, left)
    else this.#runningOf.delete(from)
    return this.#remember(id, outcome)
  }

  #remember(id: string, outcome: boolean): boolean {
    this.#known.delete(id)
    this.#known.set(id, outcome)
    const [oldest] = this.#known.keys()
    if (this.#known.size > this.#cacheMax && oldest !== undefined) this.#known.delete(oldest)
    return outcome
  }
}

/** Key and signature have fixed lengths, so their order makes the hash's input unambiguous. */
function claimId({ publicKey, message, signature }: SignatureClaim): string {
  const digest = sha256.create().update(publicKey).update(signature).update(message).digest()
  return String.fromCharCode(...digest)
}
