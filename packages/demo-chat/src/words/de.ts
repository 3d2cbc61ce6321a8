/** What the page says, in German. */
import { roomErrors } from './de-errors.ts'
import { room } from './de-room.ts'
import { talk } from './de-talk.ts'
import type { Words } from './en.ts'

export const de: Words = { ...talk, ...room, roomErrors }
