/** `conclave identity`. */
import { loadIdentity } from '../identity-file.ts'
import type { OutputOptions, Session } from './process.ts'

export interface IdentityOptions extends OutputOptions {
  identity: string
}

/** Prints the peer id. Throws `UsageError` when the file is damaged or cannot be read or made. */
export async function identity({ identity: file }: IdentityOptions, session: Session): Promise<void> {
  const { peer } = await loadIdentity(file)
  session.emit({ event: 'identity', peer, file }, peer)
}
