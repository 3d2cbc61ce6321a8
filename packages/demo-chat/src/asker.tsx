/** Somebody who asks for something, and the two answers. */
import { PersonName } from './person.tsx'

interface Answer {
  word: string
  /** Says who is meant, for whoever does not see it. */
  label: string
  hint?: string
}

interface AskerProps {
  peer: string
  name: string
  asks: string
  yes: Answer
  no: Answer
  onAnswer: (isYes: boolean) => void
}

export function Asker({ peer, name, asks, yes, no, onAnswer }: AskerProps) {
  return (
    <div class="knock">
      <span>
        <PersonName peer={peer} name={name} /> {asks}
      </span>
      <span class="knock-choices">
        <button type="button" class="primary" aria-label={yes.label} onClick={() => onAnswer(true)}>
          {yes.word}
        </button>
        <button type="button" aria-label={no.label} title={no.hint} onClick={() => onAnswer(false)}>
          {no.word}
        </button>
      </span>
    </div>
  )
}
