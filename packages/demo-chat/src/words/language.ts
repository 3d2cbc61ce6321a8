/** What the page says, in the language that was chosen. `t` is read anew at each rendering, so a choice shows at once. */
import { de } from './de.ts'
import { en, type Words } from './en.ts'

export type Language = 'en' | 'de'

export const languages: Record<Language, string> = { en: 'English', de: 'Deutsch' }
const dictionaries: Record<Language, Words> = { en, de }

/** The dictionary of the language that was chosen. */
export let t: Words = en
export let language: Language = 'en'
/** For dates and numbers: as in the visitor's own country, if that speaks the language. */
export let locale = 'en'

/** Changes the language; whoever shows words has to render again. */
export function speak(chosen: Language): void {
  language = chosen
  locale = navigator.languages.find((tag) => tag.startsWith(chosen)) ?? chosen
  t = dictionaries[chosen]
}

/** The first of the browser's languages that the page speaks. */
export function preferredLanguage(): Language {
  for (const tag of navigator.languages) {
    const code = tag.slice(0, 2).toLowerCase()
    if (code === 'de' || code === 'en') return code
  }
  return 'en'
}
