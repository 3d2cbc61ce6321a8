/**
 * Identity files, for Node: one line `conclave-identity-1 <seed in base64url>`, readable by its owner alone. Text, so
 * that it survives copying through a terminal and says itself what it is.
 */
import { chmod, link, open, readFile, unlink } from 'node:fs/promises'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { UsageError, codeOf, messageOf } from './errors.ts'
import { createIdentity, identityFromSeed } from './identity.ts'
import type { Identity } from './identity.ts'

const SHAPE = /^conclave-identity-1 ([A-Za-z0-9_-]{43})\n?$/

/** An identity as the text of its file. The text is the secret. */
export function encodeIdentity(identity: Identity): string {
  return `conclave-identity-1 ${toString(identity.seed, 'base64url')}\n`
}

/** Reads the text of an identity file. Throws `UsageError` when it is damaged; `where` names it in the message. */
export async function decodeIdentity(text: string, where: string): Promise<Identity> {
  const digits = SHAPE.exec(text)?.[1]
  if (digits === undefined) {
    throw new UsageError(
      'identity-damaged',
      `${where} is not a Conclave identity; restore it from a copy, or name a file that does not exist to make a new one.`,
    )
  }
  return await identityFromSeed(fromString(digits, 'base64url'))
}

/**
 * Loads an identity, or makes one and stores it with mode 0600 when the file does not exist. Never overwrites a file.
 * Throws `UsageError` when the file is damaged, or cannot be read or written.
 */
export async function loadIdentity(path: string): Promise<Identity> {
  const text = await readIfThere(path)
  if (text === undefined) return await storeNewIdentity(path)
  // A copy may have come with wider permissions; narrow them again where the system allows it.
  await chmod(path, 0o600).catch(() => undefined)
  return await decodeIdentity(text, path)
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new UsageError(
      'identity-unreadable',
      `Cannot read the identity file ${path}: ${messageOf(error)}`,
      { cause: error },
    )
  }
}

async function storeNewIdentity(path: string): Promise<Identity> {
  const identity = await createIdentity()
  try {
    await writeExclusively(path, encodeIdentity(identity))
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return await loadIdentity(path)
    throw new UsageError(
      'identity-unwritable',
      `Cannot write the identity file ${path}: ${messageOf(error)}`,
      { cause: error },
    )
  }
  return identity
}

/**
 * Puts a complete file in its place, or fails with `EEXIST`: two processes that start at once must neither end with an
 * identity that only one of them has stored, nor read a file that is half written.
 */
async function writeExclusively(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.${crypto.randomUUID()}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
    await link(draft, path)
  } finally {
    await file.close()
    await unlink(draft)
  }
}
