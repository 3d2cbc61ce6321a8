/** A file in the conversation: what it is, how far it has come, and what can be done. */
import type { Transfer } from '@conclave/node'
import type { FileShown } from './entries.ts'
import { bytesInWords, clock } from './format.ts'
import { FileIcon } from './icons.tsx'
import { Disc, PersonName } from './person.tsx'
import { fileNameShown, type Transfers } from './transfers.ts'
import { t } from './words/language.ts'

interface FileLineProps {
  entry: FileShown
  self: string
  files: Transfers
}

export function FileLine({ entry, self, files }: FileLineProps) {
  const own = entry.from === self
  const name = fileNameShown(entry.fileName)
  return (
    <article class={`message${own ? ' own' : ''}`} data-key={entry.key} tabIndex={-1}>
      {!own && <Disc peer={entry.from} name={entry.name} />}
      <div class="message-body">
        <header class={own ? 'hidden' : 'message-head'}>
          <PersonName peer={entry.from} name={entry.name} />
        </header>
        <div class="bubble file">
          {entry.isPicture && entry.url !== undefined && (
            <img class="picture" src={entry.url} alt={t.file.preview(name)} />
          )}
          <div class="file-what">
            <FileIcon />
            <span class="row-what">
              <bdi class="file-name">{name}</bdi>
              <small>
                {bytesInWords(entry.size)}
                {stateWords(entry)}
              </small>
            </span>
          </div>
          {entry.state === 'under-way' && <Progress entry={entry} own={own} />}
          {entry.state === 'failed' && (
            <p class="warning" role="alert">
              {t.file.failed} {entry.why}
            </p>
          )}
          <FileChoices entry={entry} own={own} name={name} files={files} />
        </div>
        <footer class="message-foot">
          <time dateTime={entry.at.toISOString()}>{clock(entry.at)}</time>
        </footer>
      </div>
    </article>
  )
}

function stateWords({ state, progress }: FileShown): string {
  const transfers = Object.values(progress)
  const done = transfers.filter(({ status }) => status === 'done').length
  switch (state) {
    case 'preparing':
      return ` · ${t.file.preparing}`
    case 'done': {
      const isOut = transfers.some(({ direction }) => direction === 'out')
      return isOut ? ` · ${t.file.sent} ${t.file.toWhom(done, transfers.length)}` : ` · ${t.file.received}`
    }
    case 'cancelled':
      return ` · ${t.file.cancelled}`
    case 'gone':
      return ` · ${t.file.gone}`
    case 'under-way':
    case 'offered':
    case 'failed':
      return ''
  }
}

/** One bar for a file that comes, one for each who fetches ours. */
function Progress({ entry, own }: { entry: FileShown; own: boolean }) {
  const transfers = Object.values(entry.progress).filter(
    ({ status }) => status === 'active' || status === 'waiting',
  )
  if (transfers.length === 0)
    return <small class="file-state">{own ? t.file.unclaimed : t.file.waiting}</small>
  return (
    <>
      {transfers.map((transfer) => (
        <label key={transfer.peer} class="file-state">
          {progressWords(transfer)}
          <progress max={transfer.size} value={transfer.bytes} />
        </label>
      ))}
    </>
  )
}

function progressWords({ status, direction, bytes, size }: Transfer): string {
  if (status === 'waiting') return t.file.waiting
  const doing = direction === 'out' ? t.file.sending : t.file.receiving
  return `${doing} · ${size === 0 ? 100 : Math.floor((bytes / size) * 100)} %`
}

interface FileChoicesProps {
  entry: FileShown
  own: boolean
  name: string
  files: Transfers
}

function FileChoices({ entry, own, name, files }: FileChoicesProps) {
  const { key, state, url } = entry
  const isRunning = state === 'preparing' || state === 'offered' || state === 'under-way'
  return (
    <span class="file-choices">
      {state === 'offered' && (
        <button type="button" class="primary" onClick={() => void files.fetch(key)}>
          {t.file.accept}
        </button>
      )}
      {state === 'done' && !own && url !== undefined && (
        <a class="button" href={url} download={name}>
          {t.file.save}
        </a>
      )}
      {isRunning && (
        <button type="button" class="quiet" onClick={() => files.cancel(key)}>
          {state === 'offered' ? t.file.decline : t.file.cancel}
        </button>
      )}
      {(state === 'failed' || state === 'cancelled') && (
        <button type="button" onClick={() => (own ? files.sendAgain(key) : void files.fetch(key))}>
          {t.file.resume}
        </button>
      )}
    </span>
  )
}
