/** What the page says, in English. Every other language has the same entries. */
import { room } from './en-room.ts'
import { talk } from './en-talk.ts'

/** Rooms say in English themselves what went wrong. */
const roomErrors: Readonly<Record<string, string>> = {}

export const en = { ...talk, ...room, roomErrors }

/** A part of the dictionary in any language. */
export type In<T> = T extends string
  ? string
  : T extends (...parameters: infer P) => string
    ? (...parameters: P) => string
    : { readonly [K in keyof T]: In<T[K]> }

/** The dictionary of a language. */
export type Words = In<typeof en>
