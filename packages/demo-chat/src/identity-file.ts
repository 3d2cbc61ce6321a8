/** An identity in a file that only a passphrase opens: AES-GCM under a key that PBKDF2 makes slowly out of it. */

export interface PortableIdentity {
  /** Ed25519 seed. */
  seed: Uint8Array<ArrayBuffer>
  name: string
}

const FORMAT = 'conclave-identity-1'
/** What OWASP asks of PBKDF2 with SHA-256; about a quarter of a second on a laptop. */
const ITERATIONS = 600_000
/** A file that asks for more would only keep the page busy. */
const ITERATIONS_MAX = 10_000_000
const SEED_LENGTH = 32
export const PASSPHRASE_MIN = 10

interface IdentityFile {
  format: typeof FORMAT
  iterations: number
  salt: string
  iv: string
  data: string
}

/** The content of the file. */
export async function sealIdentity(identity: PortableIdentity, passphrase: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16))
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const key = await keyOf(passphrase, salt, ITERATIONS)
  const name = new TextEncoder().encode(identity.name)
  const plain = new Uint8Array([...identity.seed, ...name])
  const data = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain))
  const file: IdentityFile = {
    format: FORMAT,
    iterations: ITERATIONS,
    salt: textOf(salt),
    iv: textOf(iv),
    data: textOf(data),
  }
  return JSON.stringify(file)
}

/** Throws an error of code `bad-identity-file` or `bad-passphrase`. */
export async function openIdentity(text: string, passphrase: string): Promise<PortableIdentity> {
  const file = parse(text)
  const plain = await decrypt(file, passphrase)
  return {
    seed: plain.slice(0, SEED_LENGTH),
    name: new TextDecoder().decode(plain.subarray(SEED_LENGTH)),
  }
}

async function decrypt(file: IdentityFile, passphrase: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const key = await keyOf(passphrase, bytesOf(file.salt), file.iterations)
    const iv = bytesOf(file.iv)
    const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, bytesOf(file.data))
    if (plain.byteLength >= SEED_LENGTH) return new Uint8Array(plain)
  } catch {
    // A wrong passphrase and a damaged file look the same.
  }
  throw failure('bad-passphrase')
}

async function keyOf(
  passphrase: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<CryptoKey> {
  const secret = new TextEncoder().encode(passphrase.normalize('NFKC'))
  const base = await crypto.subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveKey'])
  const derivation = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations }
  return await crypto.subtle.deriveKey(derivation, base, { name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ])
}

function parse(text: string): IdentityFile {
  try {
    const json: unknown = JSON.parse(text)
    if (isIdentityFile(json)) return json
  } catch {
    // Said below.
  }
  throw failure('bad-identity-file')
}

function isIdentityFile(json: unknown): json is IdentityFile {
  if (typeof json !== 'object' || json === null) return false
  const { format, iterations, salt, iv, data } = json as Partial<Record<keyof IdentityFile, unknown>>
  const isCount =
    Number.isInteger(iterations) && Number(iterations) > 0 && Number(iterations) <= ITERATIONS_MAX
  return format === FORMAT && isCount && [salt, iv, data].every((part) => typeof part === 'string')
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.codePointAt(0) ?? 0)
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code })
}

function textOf(bytes: Uint8Array): string {
  return btoa(String.fromCodePoint(...bytes))
}
